"""Explain the error messages of a log: their meaning, the likely cause and how to fix it."""
