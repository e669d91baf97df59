"""Benchmarks: `make bench` prints medians of several runs, the rivals in the same run."""
