"""Running `go`: processes, queries, their cached answers, and Go's module cache."""
