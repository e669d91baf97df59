"""Ports of loopback: free ones, and whether somebody listens."""

import socket
from contextlib import closing


def free_port() -> int:
    """A port that nobody has just now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
