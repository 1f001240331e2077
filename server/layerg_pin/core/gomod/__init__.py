"""Parse and edit go.mod, go.work, go.sum and vendor/modules.txt, and compare versions."""
