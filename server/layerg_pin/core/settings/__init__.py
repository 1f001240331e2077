"""The text of layerg-pin.toml."""
