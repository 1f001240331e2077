"""Read host manifests from source folders, binaries, container images, profiles, module versions and releases."""
