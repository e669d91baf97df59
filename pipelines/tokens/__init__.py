"""Tokens that providers post submissions with, and what was refused to them."""
