"""Explain the error messages of a log: their meaning, the likely cause and the cure."""
