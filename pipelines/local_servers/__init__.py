"""Real servers on this machine's own address, for tests and for a local run with all sources."""
