"""The rules of a contract in plain Python, for a machine without Great Expectations."""
