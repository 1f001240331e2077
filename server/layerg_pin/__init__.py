"""layerg-pin keeps a Go server plugin loadable by its host."""
