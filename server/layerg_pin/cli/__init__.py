"""The command line: command_line.py builds the parser, main.py runs the command, and each command has its own file."""
