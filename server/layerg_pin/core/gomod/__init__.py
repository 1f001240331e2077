"""go.mod, go.work, go.sum and vendor/modules.txt: syntax, edits, versions."""
