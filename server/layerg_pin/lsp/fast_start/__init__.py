"""What makes the first answers fast, and nothing else."""
