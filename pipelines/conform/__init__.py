"""Conforms: text cells become the contract's typed columns."""
