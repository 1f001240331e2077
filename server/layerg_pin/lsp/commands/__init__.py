"""The commands of `workspace/executeCommand`, one file each."""
