"""The machine: text files, programs, the terminal, log files, watching files."""
