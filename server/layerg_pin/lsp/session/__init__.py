"""The session of a client: its documents and settings, and the plugins that it checks."""
