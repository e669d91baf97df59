"""Checks files of a feed without a warehouse, and makes the report of it."""
