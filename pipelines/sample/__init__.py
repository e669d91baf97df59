"""Sample workbooks in the publisher's layout, with invented numbers.

They exist so that anyone can run the whole pipeline without a published file: the
layout, and every oddity of it that we know, is the publisher's; the numbers are not.
"""

from pipelines.sample.broken import write_broken
from pipelines.sample.write import write_sample

__all__ = ["write_broken", "write_sample"]
