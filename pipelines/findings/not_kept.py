"""The findings for which a file's bytes are not kept."""

PATIENT_DATA_CODES = ("DATA-001", "DATA-002")
"""A valid NHS number; a column of data about patients."""

UNSEEN = "DATA-004"
"""The file could not be looked through."""

WITHHELD_CODES = (*PATIENT_DATA_CODES, UNSEEN)
"""The bytes had been kept, and no copy of them stays."""

TOO_LARGE = "FILE-016"
"""The file was never read whole."""

NOT_KEPT_CODES = frozenset((*WITHHELD_CODES, TOO_LARGE))
