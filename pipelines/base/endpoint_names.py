"""What a file or a lock of an endpoint is called: endpoints hold signs that no file name may."""

import hashlib


def endpoint_name(endpoint: str) -> str:
    """Twelve letters and digits, the same for the same endpoint."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:12]
