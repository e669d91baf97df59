"""Collects: what is new at a source is landed for its feeds."""
