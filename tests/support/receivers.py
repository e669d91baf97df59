"""Receivers of telemetry on this machine: StatsD over UDP, and OpenTelemetry over HTTP."""

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

HOST = "127.0.0.1"
_BYTES_OF_A_BURST = 8 * 1024 * 1024
_PACKET = 65_536
_LINE = re.compile(r"(?P<name>[^:]+):(?P<value>[^|]+)\|(?P<kind>c|g|ms)(\|@[\d.]+)?")


class Figure(NamedTuple):
    """One figure of a metric as it came; of a histogram the sum of what it counted."""

    name: str
    tags: frozenset[tuple[str, str]]
    kind: str
    """As StatsD calls it: c (a counter), g (a gauge), ms (a timer)."""
    value: float
    times: int = 1
    """How many values it is the sum of."""


class StatsdReceiver:
    """Takes StatsD's packets, and tells them when it is asked."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BYTES_OF_A_BURST)
        self._socket.bind((HOST, 0))
        self._lines: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def figures(self) -> list[Figure]:
        """All that has come, in its order; tags as InfluxDB writes them."""
        self._socket.setblocking(False)
        while True:
            try:
                packet = self._socket.recv(_PACKET)
            except BlockingIOError:
                break
            self._lines += packet.decode("ascii").splitlines()
        return [_statsd_figure(line) for line in self._lines]

    def close(self) -> None:
        """It listens no more."""
        self._socket.close()


def _statsd_figure(line: str) -> Figure:
    found = _LINE.fullmatch(line)
    assert found is not None, line
    name, *tags = found["name"].split(",")
    own = frozenset((key, value) for key, _, value in (tag.partition("=") for tag in tags))
    return Figure(name, own, found["kind"], float(found["value"]))


@contextmanager
def statsd_receiver() -> Iterator[StatsdReceiver]:
    """A receiver of StatsD, as long as the block runs."""
    receiver = StatsdReceiver()
    try:
        yield receiver
    finally:
        receiver.close()


class OtlpReceiver:
    """What came over OTLP/HTTP, request by request."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.port = 0

    def figures(self) -> list[Figure]:
        """All figures of all requests, in their order; counters and timers must be deltas."""
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
            ExportMetricsServiceRequest,
        )

        found: list[Figure] = []
        for body in self.requests:
            told = ExportMetricsServiceRequest.FromString(body)
            metrics = (
                metric
                for resource in told.resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
            )
            for metric in metrics:
                found += _otlp_figures(metric)
        return found


_DELTA = 1


def _otlp_figures(metric: Any) -> list[Figure]:
    kind = metric.WhichOneof("data")
    points: Sequence[Any] = getattr(metric, kind).data_points
    if kind == "gauge":
        return [Figure(metric.name, _tags(one), "g", _number(one)) for one in points]
    assert getattr(metric, kind).aggregation_temporality == _DELTA or "sitrep" not in metric.name
    if kind == "sum":
        return [Figure(metric.name, _tags(one), "c", _number(one)) for one in points]
    assert kind == "exponential_histogram", kind
    return [Figure(metric.name, _tags(one), "ms", one.sum, one.count) for one in points]


def _number(point: Any) -> float:
    return float(getattr(point, point.WhichOneof("value")))


def _tags(point: Any) -> frozenset[tuple[str, str]]:
    return frozenset((one.key, one.value.string_value) for one in point.attributes)


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """A receiver of OTLP/HTTP, as long as the block runs."""
    receiver = OtlpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/metrics":
                receiver.requests.append(_unpacked(body, self.headers.get("Content-Encoding")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    import gzip

    return gzip.decompress(body) if encoding == "gzip" else body
