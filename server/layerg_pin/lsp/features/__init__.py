"""The editor features, one file each."""
