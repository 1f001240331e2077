"""layerg-pin keeps a Go server plugin loadable by its host."""

__version__ = "0.1.0"
