"""What could not be decided: both readings, what the sample shows, and the answers given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.base.errors import UsageError
from pipelines.base.likely import did_you_mean


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One thing that a person has to say."""

    key: str
    """What `--answer key=value` names it by."""
    place: str
    """Where it belongs in the feed file: a column, or one of 'table', 'file', 'provider'."""
    text: str
    choices: Mapping[str, str]
    """Answer → what it would mean."""
    seen: Sequence[str] = ()
    """Values of the sample that have both readings."""
    shared: str | None = None
    """A key that answers all questions of its kind."""


@dataclass
class Answers:
    """The answers that were given, and the questions that are open without one."""

    given: Mapping[str, str]
    asked: list[OpenQuestion] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _known: dict[str, None] = field(default_factory=dict)

    def ask(
        self,
        key: str,
        place: str,
        text: str,
        choices: Mapping[str, str],
        seen: Sequence[str] = (),
        shared: str | None = None,
    ) -> str | None:
        """The answer that was given to this; None where the question is open, and is kept.

        `shared` is a key that answers all questions of its kind. Raises `UsageError` where the
        answer is none of the choices.
        """
        for name in (key, shared):
            if name is None:
                continue
            self._known[name] = None
            if name in self.given:
                self.used.add(name)
                value = self.given[name]
                if value not in choices:
                    known = ", ".join(choices)
                    raise UsageError(f"--answer {name}={value}: choose one of: {known}.")
                return value
        self.asked.append(OpenQuestion(key, place, text, choices, tuple(seen)[:4], shared))
        return None

    def ask_text(
        self, key: str, place: str, text: str, meaning: str, is_right: Callable[[str], bool]
    ) -> str | None:
        """The text that was given to this; None where the question is open, and is kept.

        Raises `UsageError` where it is no such text.
        """
        self._known[key] = None
        if key not in self.given:
            self.asked.append(OpenQuestion(key, place, text, {"…": meaning}))
            return None
        self.used.add(key)
        value = self.given[key]
        if not is_right(value):
            raise UsageError(f"--answer {key}={value}: give {meaning}.")
        return value

    def refuse_unused(self) -> None:
        """Raises `UsageError` where an answer was given to what nobody asked."""
        for key in self.given:
            if key not in self.used:
                told = did_you_mean(key, self._known)
                known = ", ".join(self._known) or "none"
                raise UsageError(
                    f"--answer {key}=…: there is no such question.{told} Questions: {known}."
                )


def read_answers(texts: Sequence[str]) -> dict[str, str]:
    """`key=value` texts as a mapping; raises `UsageError` for another text or a key twice."""
    given: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.rpartition("=")
        if not sign or not key.strip() or not value.strip():
            raise UsageError(f"--answer {text}: write it as key=value.")
        if key.strip() in given:
            raise UsageError(f"--answer {key.strip()} is given twice.")
        given[key.strip()] = value.strip()
    return given
