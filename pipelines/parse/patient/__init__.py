"""Looks through a file, whatever it is, for numbers of patients."""
