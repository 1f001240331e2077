"""Tables of known hosts: their names, images and releases."""
