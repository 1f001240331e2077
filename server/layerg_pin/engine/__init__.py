"""Shared by the command line and the language server: settings, discovery, reading plugins, trials, checking."""
