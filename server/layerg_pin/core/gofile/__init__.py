"""Parse the head of a .go file, its package clause and imports, and edit the imports."""
