"""Landing as a process that runs for long uses it: what waits changes under its hands."""

from pipelines.landing.landing import Landing


class ServedLanding(Landing):
    """One thread at a time lands into it or looks at it, again and again."""

    _is_for_long = True
