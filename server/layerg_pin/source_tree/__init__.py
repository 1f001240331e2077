"""Read the source tree of a Go module: its build files, main packages and workspace."""
