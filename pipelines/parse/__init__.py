"""Parses: bytes of one format become text cells with their places."""
