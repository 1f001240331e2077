"""Data about known hosts: their names, images and releases."""
