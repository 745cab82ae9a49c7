"""Several runs beside each other: their curves, what differs in their settings, and what came out.

Free of Textual; the screen and `fftui compare` show the same.
"""
