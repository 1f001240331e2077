"""Read Go binaries, and predict the outcome of plugin.Open from them. Nothing is executed."""
