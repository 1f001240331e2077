"""What Go binaries say of themselves, and what plugin.Open will say of two of them. Nothing is run."""
