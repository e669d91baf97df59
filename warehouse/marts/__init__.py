"""Marts: tables derived from the histories, in SQL."""
