"""The command line: main.py builds the parser, and each command has its own file."""
