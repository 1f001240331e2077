"""Read host manifests from source folders, binaries, profiles and module versions."""
