"""Damaged submissions of every format go the whole road; each has one status and one answer."""
