"""Access to the machine: text files, programs, the terminal, log files, file watching."""
