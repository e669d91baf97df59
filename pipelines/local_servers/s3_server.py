"""An object store on loopback: moto's server in a process of its own, all of it in memory."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.base.errors import UsageError
from pipelines.base.settings import PROJECT

PYTHON = PROJECT / ".servers-venv" / "bin" / "python"
BUCKET = "trusts"
_REGION = "eu-west-2"
_STOP_SECONDS = 10
_SERVE = """
import copy
import sys
from types import SimpleNamespace
from moto.s3.models import S3Backend
from moto.s3.utils import _VersionedKeyStore
from moto.server import ThreadedMotoServer

list_of_all = S3Backend.list_object_versions

def list_of_prefix(self, bucket_name, *others, prefix="", **named):
    bucket = copy.copy(self.get_bucket(bucket_name))
    own = _VersionedKeyStore()
    for key, versions in list(bucket.keys.iterlists()):
        if key.startswith(prefix):
            own.setlist(key, versions)
    bucket.keys = own
    backend = SimpleNamespace(get_bucket=lambda name: bucket)
    return list_of_all(backend, bucket_name, *others, prefix=prefix, **named)

# moto copies every object of a bucket before it looks at the prefix: 20 GB where there are 60,000.
S3Backend.list_object_versions = list_of_prefix
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""
"""Ends with its standard input, and so with the process that started it."""


@dataclass(frozen=True, slots=True)
class LocalS3:
    """A server that takes any key, and has one bucket."""

    endpoint_url: str
    bucket: str = BUCKET

    @property
    def connection(self) -> Mapping[str, Any]:
        """The connection as JSON of AIRFLOW_CONN_<NAME> has it."""
        return {
            "conn_type": "aws",
            "login": "local-access-key",
            "password": "local-secret-key",
            "extra": {"endpoint_url": self.endpoint_url, "region_name": _REGION},
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """What programs of S3 find in their environment."""
        return {
            "AWS_ACCESS_KEY_ID": self.connection["login"],
            "AWS_SECRET_ACCESS_KEY": self.connection["password"],
            "AWS_DEFAULT_REGION": _REGION,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
        }

    def client(self, service: str = "s3") -> Any:
        """A client of boto3, as a provider has one."""
        # Not above: it takes long to load.
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=_REGION,
            aws_access_key_id=self.connection["login"],
            aws_secret_access_key=self.connection["password"],
        )


def is_installed() -> bool:
    """Whether the environment of the servers is there."""
    return PYTHON.exists()


@contextmanager
def running_s3(folder: Path, page_objects: int = 1000) -> Iterator[LocalS3]:
    """The server with an empty bucket; what it says stands in `s3.log` of the folder.

    A page of a listing has `page_objects` at most. Raises `UsageError` where its environment is
    lacking or it does not start.
    """
    if not is_installed():
        raise UsageError(
            f"There is no {PYTHON.parent.parent}, which has the server of S3: make servers."
        )
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "s3.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [str(PYTHON), "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=os.environ | {"MOTO_S3_DEFAULT_MAX_KEYS": str(page_objects)},
        )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise UsageError(f"The server of S3 does not start; {log} says why.")
        server = LocalS3(f"http://127.0.0.1:{int(port)}")
        where = {"CreateBucketConfiguration": {"LocationConstraint": _REGION}}
        server.client().create_bucket(Bucket=server.bucket, **where)
        yield server
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
