"""Answers: what providers get back, and what the command line tells of submissions."""
