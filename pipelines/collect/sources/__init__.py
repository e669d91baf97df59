"""One module per kind of source that files are collected from."""
