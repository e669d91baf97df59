"""One reader per file format: bytes in, text cells with their places out."""
