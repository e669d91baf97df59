"""Jinja2 templates, compiled once for all processes, as Python keeps what it compiles.

A command is over in half a second, and would spend a tenth of it on compiling its SQL anew. The
module imports Jinja2: import it where a template is needed.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader, StrictUndefined, Template
from jinja2 import __version__ as jinja2_version
from jinja2.bccache import Bucket


class Templates:
    """Templates with the same filters; a word that one names and is not given is an error.

    They write SQL or Markdown and no HTML: only their filters and `finalize` escape anything.
    """

    def __init__(
        self,
        filters: Mapping[str, Callable[..., Any]],
        *,
        finalize: Callable[[object], object] | None = None,
        keeps_last_line_end: bool = False,
    ) -> None:
        """What a file is compiled to is kept with it: a file has one set of these settings."""
        self._environment = Environment(
            loader=FunctionLoader(_read),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=keeps_last_line_end,
            autoescape=False,
            finalize=finalize,
            bytecode_cache=None if sys.dont_write_bytecode else _Compiled(),
        )
        self._environment.filters.update(filters)

    def of(self, path: Path) -> Template:
        """The template of that file."""
        return self._environment.get_template(str(path))


def _read(path: str) -> tuple[str, str, Callable[[], bool]]:
    return Path(path).read_text(encoding="utf-8"), path, lambda: True


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates stand where Python keeps compiled modules; without them it goes on."""

    def __init__(self) -> None:
        super().__init__("", f"%s.jinja-{jinja2_version}")

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The path of the compiled template, but for its ending."""
        return str(Path(cache_from_source(name)).parent / Path(name).name)

    def load_bytecode(self, bucket: Bucket) -> None:
        """The bucket has what stands there, if it was made from the same source."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """What the bucket has stands there, where that can be written."""
        with suppress(OSError):
            Path(bucket.key).parent.mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
