"""What is known of the host and of the plugin: the values that checks read."""
