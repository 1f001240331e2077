"""What the command line prints: one file a format."""
