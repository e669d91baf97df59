"""Configuration files: every mistake is told with its file and line, and nothing else escapes."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import Field

from pipelines.base.errors import ConfigurationError
from pipelines.base.yamlfile import Strict, read_model


class Part(Strict):
    name: str
    size: int = 0


class Whole(Strict):
    title: str
    start: date | None = None
    parts: tuple[Part, ...] = ()
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    derived: str = ""
    code: str = Field(default="A", pattern="^[A-Z]$")


def read(tmp_path: Path, text: str | bytes, **derived: str) -> Whole:
    path = tmp_path / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_model(path, Whole, **derived)


def complain(tmp_path: Path, text: str | bytes) -> list[str]:
    """The lines of the complaint without the folder."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_a_file_that_is_right(tmp_path: Path) -> None:
    whole = read(
        tmp_path,
        "title: x\nstart: 2018-12-03\nparts:\n  - {name: a, size: 1}\n  - name: b\n"
        "words: {one: [a, b]}\n",
        derived="path",
    )
    assert whole.start == date(2018, 12, 3)
    assert [part.name for part in whole.parts] == ["a", "b"]
    assert whole.derived == "path"


def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    whole = read(tmp_path, "title: x\nwords:\n  one: &a [p, q]\n  two: *a\n")
    assert whole.words["two"] == ("p", "q")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbftitle: x\r\n").title == "x"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("title: x\nlabel: y\n", "file.yaml:2: label:"),
        (
            "title: x\nparts:\n  - name: a\n  - name: b\n    colour: red\n",
            "file.yaml:5: parts.1.colour:",
        ),
        ("title: x\nparts:\n  - name: a\n    size: big\n", "file.yaml:4: parts.0.size:"),
        ("title: x\nparts:\n  - size: 1\n", "file.yaml:3: parts.0.name:"),
        ("title: x\nwords:\n  one: [a, b]\n  two: [c, [d]]\n", "file.yaml:4: words.two.1:"),
        ("title: x\nwords:\n  one:\n    - a\n    - {b: c}\n", "file.yaml:5: words.one.1:"),
        ("title: x\nwords: [a]\n", "file.yaml:2: words:"),
        ("# a remark\n\ntitle: 5\n", "file.yaml:3: title:"),
        ("code: aa\ntitle: x\n", "file.yaml:1: code:"),
        ("parts: []\n", "file.yaml:1: title:"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    (told,) = complain(tmp_path, text)
    assert told.startswith(place)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    told = complain(tmp_path, "titel: x\nparts:\n  - {}\n  - {name: 1}\n")
    assert sorted(line.split(": ")[0] + ": " + line.split(": ")[1] for line in told) == [
        "file.yaml:1: titel",
        "file.yaml:1: title",
        "file.yaml:3: parts.0.name",
        "file.yaml:4: parts.1.name",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("title: x\ntitle: y\n", "file.yaml:2: title: this key appears twice"),
        (
            "title: x\nwords:\n  a: [b]\n  c: [d]\n  a: [e]\n",
            "file.yaml:5: a: this key appears twice",
        ),
        (
            "title: x\nparts:\n  - name: a\n    name: b\n",
            "file.yaml:4: name: this key appears twice",
        ),
    ],
)
def test_a_key_that_stands_twice(tmp_path: Path, text: str, place: str) -> None:
    assert complain(tmp_path, text) == [place]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: [x\nparts: []\n", 2),
        ("title: 'x\n", 2),
        ("title: x\n\tparts: []\n", 2),
        ("title: x\n  parts: []\n", 2),
        ("title: *nobody\n", 1),
        ("title: x\n---\ntitle: y\n", 2),
        ("title: @x\n", 1),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (told, *_) = complain(tmp_path, text)
    assert told.startswith(f"file.yaml:{line}: not valid YAML: ")


@pytest.mark.parametrize("text", ["", "# only a remark\n", "- a\n- b\n", "text\n", "5\n", "null\n"])
def test_a_file_without_keys(tmp_path: Path, text: str) -> None:
    (told,) = complain(tmp_path, text)
    assert told.startswith("file.yaml:1: expected keys and values")


@pytest.mark.parametrize("content", [b"title: \xff\xfe\n", "title: x".encode("utf-16")])
def test_a_file_in_another_encoding(tmp_path: Path, content: bytes) -> None:
    (told,) = complain(tmp_path, content)
    assert told.startswith("file.yaml: cannot be read")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_model(tmp_path / "absent.yaml", Whole)


@pytest.mark.parametrize(
    "text",
    [
        "title: x\nstart: 2018-13-45\n",
        "title: !secret x\n",
        "title: !!python/object/apply:os.system ['true']\n",
        "title: {{ name }}\n",
        "title: x\nwords: {[a, b]: [c]}\n",
        "title: x\nwords:\n  ? [a]\n  : [c]\n",
        "title: x\n1: y\n",
        "title: x\nnull: y\n",
        "title: !!int x\n",
        "title: x\nwords: &a {one: *a}\n",
        "title: x\nwords: {<<: 5}\n",
        "title: \x00\n",
    ],
    ids=repr,
)
def test_no_text_escapes_as_another_error(tmp_path: Path, text: str) -> None:
    """Else one feed file with a slip in it would take every other feed down."""
    (told, *_) = complain(tmp_path, text)
    assert told.startswith("file.yaml")


def test_a_model_cannot_be_changed(tmp_path: Path) -> None:
    whole = read(tmp_path, "title: x\n")
    with pytest.raises(ValueError, match="frozen"):
        whole.title = "y"  # type: ignore[misc]
