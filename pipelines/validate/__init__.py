"""Validates: the rules of the contract accept, quarantine or refuse."""
