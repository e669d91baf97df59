"""Great Expectations as people write it: one core expectation for each column and each rule.

Files are read with pandas and put together by collection, so that each collection is validated
once a tick. What the core types cannot say (sums, the latest of several columns) gets a helper
column, as is usual. What fails goes to a quarantine, the rest is merged over the values of today.
There is no history and no answer.

    python -m tests.bench.rivals.gx_per_column WORK      (JSON, see `harness`)
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from expectations.engine import define_batch
from pipelines.registry import load_registry
from tests.bench.national.harness import run_child
from tests.bench.national.ticks import COLLECTIONS, TIME_COLUMNS, Tick, code_of, collection_of
from tests.bench.rivals.counts import count
from tests.bench.rivals.gx_suites import READ_AS, build_suites

_LEDGER = """
CREATE TABLE ledger (file_name VARCHAR, collection VARCHAR, code VARCHAR, sha256 VARCHAR,
                     size_bytes BIGINT, status VARCHAR, rows_read BIGINT, rows_accepted BIGINT,
                     rows_quarantined BIGINT, settled_at TIMESTAMP);
CREATE TABLE issue (file_name VARCHAR, row_number BIGINT, code VARCHAR);
"""
