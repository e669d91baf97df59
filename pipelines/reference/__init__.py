"""Code lists of organisations: names, successions, and regions over time."""
