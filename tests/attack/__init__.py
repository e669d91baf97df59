"""Attacks on the whole pipeline: `make fuzz`, `make torture`; a little of both in `make test`."""
