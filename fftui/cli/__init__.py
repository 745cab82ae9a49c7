"""The command line: Typer commands, each of which loads what it needs by itself."""
