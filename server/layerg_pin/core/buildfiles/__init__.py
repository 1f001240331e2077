"""Dockerfiles, compose files, Makefiles and scripts: which images and Go commands build a plugin or a host."""
