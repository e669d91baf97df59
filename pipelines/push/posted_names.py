"""The name that a posted file has: in a header of ours, in the usual one, or in the address."""

from email.message import Message

from starlette.requests import Request

HEADER = "x-file-name"


def name_of(request: Request) -> str:
    """The name as it was sent, unjudged; empty where there is none."""
    if named := request.headers.get(HEADER):
        return _as_utf8(named)
    if told := request.headers.get("content-disposition"):
        message = Message()
        message["content-disposition"] = _as_utf8(told)
        if found := message.get_filename():
            return found
    return request.query_params.get("name", "")


def _as_utf8(header: str) -> str:
    """Headers are bytes, and people write names in UTF-8."""
    return header.encode("latin-1").decode("utf-8", "surrogateescape")
