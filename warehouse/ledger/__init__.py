"""The ledger: what is known of every submission."""
