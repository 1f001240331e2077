"""One file an editor feature."""
