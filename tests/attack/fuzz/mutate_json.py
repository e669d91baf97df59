"""Damage to JSON: types, keys, nesting, numbers and escapes."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.attack.fuzz.mutate_bytes import Mutation
from tests.attack.fuzz.nasty import nasty


def _value(random: Random) -> Any:
    """A value of any type."""
    return random.choice(
        (
            None,
            True,
            False,
            0,
            -1,
            2**31,
            2**63,
            2**64,
            10**400,
            1.5,
            -0.0,
            1e308,
            [],
            {},
            [[]],
            [1, 2],
            {"a": 1},
            "",
            [None] * 50,
            {"": ""},
            {"x": {"y": {"z": [1]}}},
            nasty(random),
            nasty(random),
            nasty(random),
            nasty(random),
            [nasty(random)],
            {nasty(random): nasty(random)},
        )
    )


def _documents(content: bytes) -> tuple[list[Any], bool]:
    """The documents, and whether each stands on a line of its own."""
    text = content.decode("utf-8-sig", "replace")
    try:
        return [json.loads(text)], False
    except ValueError:
        pass
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found, True


def _written(random: Random, documents: list[Any], by_line: bool) -> bytes:
    as_ascii = random.random() < 0.5
    lines = [json.dumps(one, ensure_ascii=as_ascii) for one in documents]
    return "\n".join(lines).encode("utf-8", "surrogatepass") if by_line or lines else b""


def _holders(node: Any) -> Iterator[Any]:
    """Every object and array in it."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _holders(child)
    elif isinstance(node, list):
        yield node
        for child in node:
            yield from _holders(child)


def values(random: Random, content: bytes) -> bytes:
    """Some values are of another type, or nasty."""
    documents, by_line = _documents(content)
    for _ in range(random.choice((1, 1, 1, 3, 10))):
        holders = [one for one in _holders(documents) if one]
        if not holders:
            break
        holder = random.choice(holders)
        at = (
            random.choice(list(holder))
            if isinstance(holder, dict)
            else random.randrange(len(holder))
        )
        holder[at] = _value(random)
    return _written(random, documents, by_line)


def keys(random: Random, content: bytes) -> bytes:
    """A key is gone, renamed, or one more is there."""
    documents, by_line = _documents(content)
    objects = [one for one in _holders(documents) if isinstance(one, dict) and one]
    for _ in range(random.choice((1, 1, 4))):
        if not objects:
            break
        holder = random.choice(objects)
        name = random.choice(list(holder) or [""])
        how = random.randrange(4)
        if how == 0:
            holder.pop(name, None)
        elif how == 1:
            holder[nasty(random)] = holder.pop(name, None)
        elif how == 2:
            holder[random.choice((nasty(random), name.upper(), f" {name}", f"{name}.{name}"))] = (
                _value(random)
            )
        else:
            for number in range(random.choice((3, 300))):
                holder[f"k{number}"] = number
    return _written(random, documents, by_line)


def shape(random: Random, content: bytes) -> bytes:
    """The documents stand in another shape."""
    documents, by_line = _documents(content)
    first = documents[0] if documents else {}
    return _written(
        random,
        random.choice(
            (
                [documents],
                [[documents]],
                [{"data": documents}],
                documents * 2,
                [None, *documents],
                [*documents, 5],
                [[]],
                [{}],
                [[{}]],
                ["x"],
                [1],
                [None],
                [first, [first]],
                [{"payload": {"sites": first}}],
                [{"payload": None}],
                [{"payload": {"sites": {}}}],
            )
        ),
        by_line,
    )


def raw(random: Random, content: bytes) -> bytes:
    """Signs that no writer of JSON would make."""
    text = content.decode("utf-8", "surrogateescape")
    old, new = random.choice(
        (
            (
                ":",
                random.choice(
                    (": NaN,", ":Infinity,", ":-Infinity,", ": 1e5000,", ": 01,", ": .5,")
                ),
            ),
            ("}", ",}"),
            ("]", ",]"),
            ("{", '{"k":1,"k":2,'),
            ('"', "'"),
            (",", ",,"),
            ("{", "/*x*/{"),
            (": ", ": " + "9" * random.choice((20, 400, 5000)) + ", "),
            ("{", "{" * 200),
            ('"', '"\\ud800'),
            ('"', '"\\u0000'),
            ('"', '"\\udfff\\ud800'),
            ('"', '"\\x'),
            ('"', '"\x01'),
            ("\n", "\u2028"),
            ("\n", "\r"),
            ("}", "}\x1e"),
            ("[", "[" * random.choice((50, 1200, 5000))),
        )
    )
    places = text.count(old)
    if not places:
        return (text + new).encode("utf-8", "surrogateescape")
    if random.random() < 0.3:
        changed = text.replace(old, new)
    else:
        pieces = text.split(old)
        at = random.randrange(1, len(pieces))
        changed = old.join(pieces[:at]) + new + old.join(pieces[at:])
    return changed.encode("utf-8", "surrogateescape")


def other_encoding(random: Random, content: bytes) -> bytes:
    """UTF-16 or UTF-32, or a mark before it."""
    text = content.decode("utf-8-sig", "replace")
    return random.choice((b"", b"\xef\xbb\xbf")) + text.encode(
        random.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037"))
        if text.isascii()
        else "utf-16"
    )


JSON: tuple[Mutation, ...] = (*[values] * 6, *[keys] * 3, shape, raw, raw, other_encoding)
