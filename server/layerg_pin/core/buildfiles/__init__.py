"""Parse Dockerfiles, compose files, Makefiles and scripts for the builds of a plugin or a host."""
