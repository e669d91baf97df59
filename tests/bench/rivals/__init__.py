"""The same job done by others, from the same files."""
