"""A winter through a cluster on this machine, with faults, compared with one machine."""
