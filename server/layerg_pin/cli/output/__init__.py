"""The output of the command line: one file for each format."""
