"""The output of the command line: one file a format."""
