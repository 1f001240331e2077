"""From a line of a log to what it means and what to do."""
