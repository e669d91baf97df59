"""Values that have broken a reader somewhere."""

from random import Random

NUMBERS = (
    "1e308", "1e999", "-1e999", "1e5000", "-0", "0.0000000000001", "NaN", "inf", "-Infinity",
    "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808",
    "99999999999999999999999999999999999999999", "-1", "1,250", "4,125", "1.250,5", "4.125.1",
    "1 250", "1\u00a0250", "1'250", "1_000", "0x10", "0b1", "1e", "e5", "+5", "--5", "\u22125",
    "5-", "(5)", "5%", "\u00a35", "\u00b2", "\u00b9\u00b2", "\u00bd", "\u2167", "\uff11\uff12",
    "\u0661\u0662\u0663", "1\u066b5", "\u0967\u0968", "\U0001d7d9\U0001d7da", "\u0de7", "\u4e09",
    "12:\u00b20", "\u00b2:30", "00:00:60", "-1:00", "1:2:3:4", "99999999:00:00", "1:99", ":", "1:",
    "0.3333333333333333", "3e-324", "1.7976931348623157e308",
)  # fmt: skip
TIMES = (
    "0001-01-01", "0001-01-01T00:00:00Z", "1899-12-31", "1900-01-00", "1900-02-29", "1904-01-01",
    "1970-01-01T00:00:00Z", "9999-12-31", "9999-12-31T23:59:59Z", "10000-01-01", "-0001-01-01",
    "2026-02-30", "2026-13-01", "24/13/2026 25:61", "2026-11-24T24:00:00Z", "2026-11-24T23:59:60Z",
    "2026-11-24T00:00:00+99:99", "2026-11-24T00:00:00+23:59", "2026-11-24T00:00:00-00:00",
    "2026-11-24T00:00:00.123456789Z", "2026-W48-2", "2026-329", "20261124", "44000", "2958466",
    "-1", "1764054000", "25/10/2026 01:30", "29/03/2026 01:30", "2026-10-25T01:30:00",
    "\uff12\uff10\uff12\uff16-11-24", "24/11/\u0662\u0660\u0662\u0666 00:00", "24/11/26", "Nov 24",
    "24/11/2026 00:07", "2026-11-24T00:00:01Z", "2126-11-24", "today", "2026-11-24T00:00:00[UTC]",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "-", "*", ".", "?", "n/a", "NULL", "None", "nan", "NA", "TRUE", "#REF!",
    "#DIV/0!", "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "![x](http://x)", "[x](javascript:x)", "| a | b |", "`x`",
    "# head", "&lt;", "\x1b[31mred", "\x1b]8;;http://x\x07x\x1b]8;;\x07", "\x9b31m", "\u202eabc",
    "\u200b", "\ufeff", "\u00a0", "\u2028", "\x85", "\x0b", "\x0c", "\x1c", "\x00", "\x7f", "\\",
    "\\N", "\"", "\"\"", "'", "''", "';DROP TABLE x;--", "{{7*7}}", "{% x %}", "{value}", "%s",
    "%(x)s", "${x}", "../../x", "C:\\x", "e\u0301" * 40, "\U0001f600", "\ud800", "\udfff\ud800",
    "\ufffe", "\uffff", "\U0010ffff", "A" * 300, "A" * 70_000, "\u0130", "\u00df", "\ufb01",
    "RF4", "rf4 ", "R\u200b1H", "ZZZ", "R0A\u00b9", "R0A*", "England", "Total", "TOTAL", "ENGLAND",
    "OPEL 3", "OPEL \u0663", "OPEL", "REAP -1", "NHS number", "name", "DOB",
)  # fmt: skip


def nasty(random: Random) -> str:
    """One of the values, or two glued together."""
    pool = random.choice((NUMBERS, TIMES, TEXTS))
    value = random.choice(pool)
    if random.random() < 0.1:
        value += random.choice((*NUMBERS, *TEXTS))
    return value


def nhs_number(random: Random) -> str:
    """The ten digits of an NHS number that could be a patient's."""
    while True:
        digits = [random.choice((4, 6, 7)), *(random.randrange(10) for _ in range(8))]
        check = 11 - sum(digit * (10 - at) for at, digit in enumerate(digits)) % 11
        if check != 10:
            return "".join(map(str, [*digits, check % 11]))
