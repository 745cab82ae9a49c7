"""What fftui finds on this machine, and what each missing piece would give. Nothing heavy is loaded
by importing it.
"""
