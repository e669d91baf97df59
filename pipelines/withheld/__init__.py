"""Withheld: what must not be kept goes everywhere, at its sources and in landing."""
