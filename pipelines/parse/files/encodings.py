"""Turns the bytes of a text file into text, whatever program wrote them."""

import codecs

from pipelines.base.settings import settings
from pipelines.findings.finding import Finding, finding
from pipelines.parse.files.limits import too_large
from pipelines.parse.files.refusal import Refusal

_LOOKED_AT_BYTES = 64 * 1024
"""Bytes of a text in an unknown encoding from which it is guessed."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"%PDF", b"\x1f\x8b")
"""What workbooks, old workbooks, PDF and gzip files begin with."""


def decode(content: bytes, file_name: str, encoding: str = "auto") -> str:
    """The text of a file; raises `Refusal` where it is empty, no text, or too large."""
    return decode_and_tell(content, file_name, encoding)[0]


def decode_and_tell(
    content: bytes, file_name: str, encoding: str = "auto"
) -> tuple[str, list[Finding]]:
    """The text of a file, and what there is to say of its bytes; raises as `decode` does."""
    if not content.strip():
        raise Refusal(finding("FILE-001"))
    most = settings().most_text_bytes
    if len(content) > most:
        raise too_large(f"it has {len(content):,} bytes, and {most:,} are taken of a text")
    if content.startswith(_BINARY):
        raise _no_text(content, file_name)
    try:
        text = content.decode(encoding) if encoding != "auto" else _decode_unknown(content)
    except (UnicodeDecodeError, LookupError) as error:
        raise _no_text(content, file_name) from error
    # Left where a file was made longer and not written to its end, or copied from a tape.
    whole = text.rstrip("\0")
    padding = len(text) - len(whole)
    if "\0" in whole or (padding and not whole.strip()):
        raise _no_text(content, file_name)
    told = [finding("FILE-027", count=padding)] if padding else []
    return whole.removeprefix("\ufeff"), told


def _decode_unknown(content: bytes) -> str:
    """By its mark; else as UTF-8, as Windows writes it in England, or as it most likely is."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    if b"\0" in content[:200].rstrip(b"\0"):
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    from charset_normalizer import from_bytes

    guess = from_bytes(content[:_LOOKED_AT_BYTES]).best()
    return content.decode(guess.encoding if guess is not None else "utf-8")


def _no_text(content: bytes, file_name: str) -> Refusal:
    begin = content[:24].decode("utf-8", "replace")
    shown = "".join(sign if sign.isprintable() else "." for sign in begin)
    return Refusal(finding("FILE-012", value=f"'{shown}'", name=file_name))
