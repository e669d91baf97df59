"""Findings: the lines of an answer, and their kinds."""
