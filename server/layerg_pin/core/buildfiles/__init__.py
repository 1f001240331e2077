"""Parse Dockerfiles, compose files, Makefiles and scripts for the images and Go commands that build a plugin or a host."""
