"""A large content is looked through in windows of bounded size that leave nothing out."""

import pytest

from pipelines.parse.patient.windows import WINDOW_BYTES, windows

LENGTH = 3 * WINDOW_BYTES
CONTENTS = {
    "no sign at all": b" " * LENGTH,
    "a sign at the beginning only": b"<" + b" " * LENGTH,
    "signs everywhere": b"".join(b"<%07d>" % number for number in range(LENGTH // 9)),
    "a sign at the end only": b" " * LENGTH + b"<",
}


@pytest.mark.parametrize("case", CONTENTS)
def test_windows_are_small_and_overlap(case: str) -> None:
    content = CONTENTS[case]
    end = 0
    for window in windows(content, b"<"):
        assert len(window) <= WINDOW_BYTES + 32 * 1024
        begin = content.find(window, max(0, end - 32 * 1024))
        assert begin <= max(0, end - 8 * 1024)
        end = begin + len(window)
    assert end == len(content)
