"""Helpers that tests share: small files, servers, questions to the ledger."""
