"""Loads: a validated batch becomes revisions, ledger entries and marts."""
