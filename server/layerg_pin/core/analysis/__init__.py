"""From a snapshot to the differences between plugin and host, the fixes, and the verdict."""
