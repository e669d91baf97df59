"""A server that is lost is told from a fault: no file is to blame for it."""

import duckdb
import pytest

from pipelines.base.disk_faults import raise_disk_fault
from pipelines.base.errors import LockLost, StateUnavailable
from pipelines.base.secrets import masked, remember_password_in


@pytest.mark.parametrize(
    "told",
    [
        'Failed to connect to Postgres: connection to server at "127.0.0.1" failed',
        "Failed to execute query: server closed the connection unexpectedly",
        "FATAL: terminating connection due to administrator command",
        "Could not establish connection error for HTTP PUT to 'http://127.0.0.1/lake/x.parquet'",
        "Failed to commit DuckLake transaction. Transaction conflict - attempting to insert",
        'TransactionContext Error: Failed to commit: Failed to execute query "ROLLBACK": ',
    ],
    ids=["refused", "closed", "ended", "store", "conflict", "no answer"],
)
def test_what_duckdb_says_of_a_lost_server_is_a_reason_to_try_again(told: str) -> None:
    for error in (duckdb.IOException(told), duckdb.Error(told)):
        with pytest.raises(StateUnavailable):
            raise_disk_fault(error)
        wrapped = RuntimeError("a load failed")
        wrapped.__cause__ = error
        with pytest.raises(StateUnavailable):
            raise_disk_fault(wrapped)


@pytest.mark.parametrize(
    "error",
    [
        duckdb.ConversionException("Could not convert string 'many' to INT32"),
        ValueError("server closed the connection unexpectedly"),
        duckdb.BinderException('Referenced column "connection" not found'),
        duckdb.Error('Failed to execute query "COPY t": ERROR: value too long'),
    ],
    ids=["a value", "another's words", "a column", "a reason of Postgres"],
)
def test_other_faults_are_what_they_were(error: Exception) -> None:
    raise_disk_fault(error)


@pytest.mark.parametrize("kind", [StateUnavailable, LockLost])
def test_what_a_retry_cures_passes_through(kind: type[Exception]) -> None:
    with pytest.raises(kind):
        raise_disk_fault(kind("told"))


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("postgresql://sitrep:p%40ss-w0rd@127.0.0.1:5432/lake?options=x", "p@ss-w0rd"),
        ("host=127.0.0.1 user=sitrep password=pl4in-w0rd dbname=lake", "pl4in-w0rd"),
        ("host=h password='quoted w0rd' dbname=lake", "quoted w0rd"),
    ],
    ids=["an address", "words", "quoted"],
)
def test_the_password_of_a_database_is_masked_from_then_on(address: str, password: str) -> None:
    remember_password_in(address)
    assert password not in masked(f'Unable to connect to "{address}" ({password})')
    assert masked("dbname=lake") == "dbname=lake"
