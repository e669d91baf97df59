"""How lineage names the places that feeds come from: without logins, queries and secrets."""

from pathlib import Path

import pytest

from dags.lineage import place_of


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [
        ("incoming/nhs111", ("file", "/srv/home/incoming/nhs111")),
        ("/mnt/trust", ("file", "/mnt/trust")),
        ("https://trust.example/ed/board", ("https://trust.example", "ed/board")),
        ("https://u:pw@trust.example:8443/a?key=1#x", ("https://trust.example:8443", "a")),
        ("https://trust.example", ("https://trust.example", "/")),
        ("https://trust.example/{slot:%Y}/a", ("https://trust.example", "{slot:%Y}/a")),
        ("sftp://trust_sftp/out", ("sftp://trust_sftp", "out")),
        ("s3://trust/bucket/out/", ("s3://trust", "bucket/out")),
        ("mesh://mailbox", ("mesh://mailbox", "/")),
        ("push://here", ("push://here", "/")),
    ],
    ids=[
        "folder",
        "absolute-folder",
        "address",
        "login-and-query",
        "host-alone",
        "slot-in-path",
        "sftp",
        "s3",
        "mesh",
        "push",
    ],
)
def test_an_endpoint_is_told_as_its_place(endpoint: str, place: tuple[str, str]) -> None:
    assert place_of(Path("/srv/home"), endpoint) == place
