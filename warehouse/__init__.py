"""The DuckDB warehouse: ledger, history, marts and publications."""
