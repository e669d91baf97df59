"""The feed pipeline: collect, land, parse, conform, validate, load, answer, publish."""

import os

# Arrow reads this once, when it is imported. Its own allocator keeps what it had (45 MB of a
# backlog of ten days); what it gives back to the system, Python and DuckDB can use.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
