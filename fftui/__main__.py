"""`python -m fftui`."""

from fftui.cli.main import main

main()
