"""What the command line and the language server share: settings, reading a plugin, trying fixes, checking."""
