"""From a host reference to what is known of the host."""
