"""What is wrong with a dialogue, told to its author: in Russian, with file, line and a way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class FlowProblem:
    """One fault."""

    file: str  # relative to the dialogue's folder
    line: int  # from 1
    message: str  # what is wrong
    advice: str  # how to mend it

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}. {self.advice}"


class FlowErrors(Exception):
    """A dialogue that must not take calls; tells all its faults at once."""

    def __init__(self, problems: Iterable[FlowProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: str
    line: int


class Problems:
    """Faults as they are found."""

    def __init__(self) -> None:
        self._found: list[FlowProblem] = []

    def add(self, place: Place, message: str, advice: str) -> None:
        """Note one."""
        self._found.append(FlowProblem(place.file, place.line, message, advice))

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def found(self) -> tuple[FlowProblem, ...]:
        """All of them, in order of files and lines."""
        return tuple(sorted(set(self._found)))

    def raise_if_any(self) -> None:
        """Stop here when something is wrong.

        Raises:
            FlowErrors
        """
        if self._found:
            raise FlowErrors(self._found)


def meant(name: str, known: Iterable[str]) -> str:
    """Guess what was meant; else say what there is."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Возможно, вы имели в виду «{close[0]}»"
    if not names:
        return "Здесь пока нет ни одного имени, на которое можно сослаться"
    return "Есть такие: " + ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
