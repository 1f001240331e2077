"""Reading the folder of a Go module: its build files, main packages and workspace."""
