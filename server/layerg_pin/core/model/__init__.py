"""The domain model: values that describe a host, a plugin's build, and a plugin at one moment."""
