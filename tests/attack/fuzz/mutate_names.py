"""Names that files come under."""

import os
from random import Random

_MOST_BYTES = 255


def strange_name(random: Random, name: str) -> str:
    """The name as some system may have made it; a file can bear it."""
    stem, _, suffix = name.rpartition(".")
    front, _, moment = stem.rpartition("_")
    times = (
        "00010101T000000",
        "99991231T235959",
        "20261340T250000",
        "20261124T000000Z",
        "x",
        "",
        "\u00b2" * 8,
        "20261124T9999999",
        "\uff12\uff10\uff12\uff16\uff11\uff11\uff12\uff14T000000",
        "19000101T000000",
        "20261025T013000",
        moment + "(1)",
        moment + " - Copy",
    )
    new = random.choice(
        (
            f"{front}_{random.choice(times)}.{suffix}",
            name.upper(),
            name.lower(),
            "." + name,
            "~$" + name,
            "-rf " + name,
            name + "\n",
            "\n" + name,
            name + "\x00"[:0] + "\x1b[2J",
            "\u202e" + name,
            name.replace("_", "\u00a0"),
            stem,
            name + ".",
            f"{name}.{suffix}",
            f"{stem}.exe",
            " " + name,
            f"{stem}{'x' * 300}.{suffix}",
            f"{stem}{chr(0xE9) * 300}.{suffix}",
            f"..\\{name}",
            f"%2e%2e%2f{name}",
            f"{stem}\udcff\udcfe.{suffix}",
            f"{front}_{chr(0xDC80)}{moment}.{suffix}",
            f"<script>{stem}.{suffix}",
            f"![x](y) {name}",
            f"|{name}|",
            f"[red]{name}",
            f"{stem}\r.{suffix}",
            "=cmd.csv",
            "\u200b",
            "\ufeff" + name,
            "*",
            "?",
            "$(id)",
            ";x",
            "'\"",
            "con",
            "{value}.csv",
            "%s.csv",
        )
    )
    raw = os.fsencode(new.replace("/", "_").replace("\0", "_"))[:_MOST_BYTES]
    told = os.fsdecode(raw)
    return told if told not in ("", ".", "..") else name
