"""A kind is one class, found by its `kind:`; what is wrong with one costs no other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest

from pipelines.base.errors import ConfigurationError
from pipelines.base.yamlfile import Strict, read_model
from pipelines.registry.feed import Feed, Layout
from pipelines.registry.format import Format, formats
from pipelines.registry.registered_kinds import Kinds, Registered, UnknownKind

SQUARE = """
from typing import Literal
from pipelines.base.yamlfile import Strict
from {package} import shapes

@shapes.register
class Square(Strict):
    kind: Literal["square"]
    side: int
"""


class Round(Strict):
    """A shape that stands in no file of the package."""

    kind: Literal["round"]


@pytest.fixture
def shapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kinds[Strict]]:
    """A family of one sound file and one that cannot be imported."""
    package = f"shapes_{tmp_path.name}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from pipelines.registry.registered_kinds import Kinds\n"
        f"shapes = Kinds('shape', '{package}')\n"
    )
    (folder / "angry.py").write_text("import there_is_no_such_module\n")
    (folder / "square.py").write_text(SQUARE.format(package=package))
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__(package).shapes


def test_a_file_in_the_package_is_all_that_a_kind_takes(shapes: Kinds[Strict]) -> None:
    assert list(shapes.all()) == ["square"]
    assert shapes.of("square").__name__ == "Square"


def test_an_unknown_kind_is_told_with_those_that_there_are(shapes: Kinds[Strict]) -> None:
    with pytest.raises(UnknownKind, match=r"there is no shape 'oval'; known: square; "):
        shapes.of("oval")


def test_a_file_that_cannot_be_imported_costs_its_own_kinds_only(shapes: Kinds[Strict]) -> None:
    assert shapes.of("square")
    with pytest.raises(UnknownKind, match=r"angry cannot be imported \(No module named 'there_is"):
        shapes.of("angry")


def test_a_kind_can_be_registered_from_anywhere_and_forgotten(shapes: Kinds[Strict]) -> None:
    assert shapes.register(Round) is Round
    assert list(shapes.all()) == ["round", "square"]
    shapes.forget("round")
    assert list(shapes.all()) == ["square"]


def test_two_classes_cannot_be_of_one_kind(shapes: Kinds[Strict]) -> None:
    class Other(Strict):
        kind: Literal["square"]

    assert shapes.of("square")
    with pytest.raises(ValueError, match="shape 'square' is Square already"):
        shapes.register(Other)


@pytest.mark.parametrize("allowed", [str, Literal["one", "two"]])
def test_a_class_says_of_which_one_kind_it_is(shapes: Kinds[Strict], allowed: object) -> None:
    several = type("Several", (Strict,), {"__annotations__": {"kind": allowed}})
    with pytest.raises(ValueError, match="Several needs a field like kind: Literal"):
        shapes.register(several)


def test_what_is_written_is_what_the_class_has(shapes: Kinds[Strict]) -> None:
    class Drawing(Strict):
        shape: Annotated[Strict, Registered(shapes)]

    drawing = Drawing.model_validate({"shape": {"kind": "square", "side": 2}})
    assert drawing.model_dump_json() == '{"shape":{"kind":"square","side":2}}'
    assert Drawing.model_validate(drawing.model_dump()) == drawing
    assert Drawing(shape=drawing.shape).shape is drawing.shape


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "format:\n  kind: cvs\n",
            "2: format.kind: there is no format 'cvs'; known: csv, csv_long, json,",
        ),
        ("format:\n  kind: [csv]\n", "2: format.kind: there is no format '['csv']'"),
        ("format:\n  encoding: utf-8\n", "1: format: needs a 'kind'"),
        ("format: csv\n", "1: format: needs keys and values, among them 'kind'"),
        (
            "format:\n  kind: csv\n  columns:\n    beds: {given_in: hour}\n",
            "4: format.columns.beds.given_in: Input should be 'seconds', 'minutes'",
        ),
        ("format:\n  kind: xlsx\n\n  sheets: A\n", "4: format.sheets: Extra inputs are not"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "layout.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_model(path, Layout)
    assert str(caught.value).startswith(f"{path}:{told}")


def test_the_schema_of_a_feed_has_every_kind() -> None:
    schema = Feed.model_json_schema()["properties"]["format"]
    kinds = {one["properties"]["kind"]["const"] for one in schema["oneOf"]}
    assert kinds == set(formats.all()) == {"csv", "csv_long", "json", "winter_timeseries", "xlsx"}
    assert all(issubclass(cls, Format) for cls in formats.all().values())
