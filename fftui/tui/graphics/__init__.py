"""Pictures of pixels in terminals that draw them: what a terminal can, the two protocols, and what
of it is on the screen.
"""
