"""The protocol: streams, messages, and the conversion of values to JSON and to the types of the protocol."""
