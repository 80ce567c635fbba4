"""What is noted in the course of a call: for the agent, and how often questions went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dialogs.engine.state import Misses

MAX_NOTES = 20


class Notes:
    """What the caller asked for, what was done and what is left, in Russian, for the agent; each thing once."""

    def __init__(self, asked: Iterable[str], done: Iterable[str], left: Iterable[str]) -> None:
        self.asked = tuple(asked)
        self.done = tuple(done)
        self.left = tuple(left)

    def add(self, *, asked: Iterable[str] = (), done: Iterable[str] = (), left: Iterable[str] = ()) -> None:
        """Note more."""
        self.asked = _latest(self.asked, asked)
        self.done = _latest(self.done, done)
        self.left = _latest(self.left, left)

    def end(self, task: str | None, *, done: bool) -> None:
        """Note that a task is no longer left."""
        if done and task is not None:
            self.add(done=[task])
        self.left = tuple(note for note in self.left if note != task)


def _latest(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*known, *more]))[-MAX_NOTES:]


class MissCounts:
    """How often each question was not answered, repeated, or answered by a correction."""

    def __init__(self, by_question: Mapping[str, Misses]) -> None:
        self.by_question = dict(by_question)

    def missed(self, question_id: str, *, no_input: bool) -> int:
        """Count a missing answer, and return how many of this kind the question has."""
        misses = self._count(question_id, Misses(no_input=int(no_input), no_match=int(not no_input)))
        return misses.no_input if no_input else misses.no_match

    def repeated(self, question_id: str) -> int:
        """Count a wish to hear the question again, and return how many there were."""
        return self._count(question_id, Misses(repeats=1)).repeats

    def corrected(self, question_id: str) -> int:
        """Count a correction of the number that was read back, and return how many there were."""
        return self._count(question_id, Misses(corrections=1)).corrections

    def forget(self, question_id: str) -> None:
        """Start the question's ladders anew."""
        self.by_question.pop(question_id, None)

    def _count(self, question_id: str, more: Misses) -> Misses:
        self.by_question[question_id] = self.by_question.get(question_id, Misses()).plus(more)
        return self.by_question[question_id]
