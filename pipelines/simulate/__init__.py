"""`sitrep simulate`: plausible providers of feeds, each in its own format, with faults by rate."""
