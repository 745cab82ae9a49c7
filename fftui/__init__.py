"""A workbench for Forward-Forward learning in the terminal."""

__version__ = "0.1.0"
