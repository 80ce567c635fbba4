"""What came of a scenario, for people, programs and tests."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

from ivr.softphone.call_events import CallEvent, Happening, Side
from ivr.softphone.frames import FrameLateness
from ivr.softphone.line_call import LineCall

_WORDS = {
    Happening.DIALLED: "набирает",
    Happening.RINGING: "звонок идёт",
    Happening.ANSWERED: "соединение установлено",
    Happening.KEY: "клавиша",
}


class Who(Enum):
    """Whose line of the story it is."""

    CALLER = "caller"
    YULIA = "yulia"  # whatever the caller hears; an agent's voice too, once one has answered
    AGENT = "agent"
    TEST = "test"  # the scenario's own checks


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Something that was said, pressed or happened."""

    at_seconds: float  # since the INVITE
    who: Who
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class ScenarioReport:
    """One call played from a scenario."""

    name: str
    description: str
    caller_number: str
    failures: tuple[str, ...]
    unchecked: tuple[str, ...]  # expectations of the transcript, when there was no recogniser
    story: tuple[StoryLine, ...]
    transcript: str | None
    recording: Path | None  # stereo: caller left, Yulia right
    answer_seconds: float | None  # INVITE to answer
    first_sound_seconds: float | None  # INVITE to first sound
    response_gaps_seconds: tuple[float, ...]  # end of the caller's word or key to Yulia's first sound
    talk_seconds: float
    ended_by: str | None  # "us" or "them"
    lateness: FrameLateness

    @property
    def ok(self) -> bool:
        """Whether everything that could be checked came true."""
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a program."""
        plain = asdict(self)
        plain["story"] = [{**asdict(line), "who": line.who.value} for line in self.story]
        plain["recording"] = str(self.recording) if self.recording is not None else None
        return {"ok": self.ok, **plain}


def in_words(event: CallEvent) -> str:
    """Tell an event; what is said is told by its words."""
    match event.kind:
        case Happening.SPEAKING | Happening.SPOKEN:
            return event.text
        case Happening.OVER:
            return "[кладёт трубку]" if event.text.startswith(Side.US.value) else "[на том конце положили трубку]"
        case kind:
            return f"[{_WORDS[kind]}{' ' + event.text if event.text else ''}]"


def recording_path(folder: Path, name: str) -> Path:
    """Choose a file name that sorts by time and that no other recording has."""
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
    path, copy = folder / f"{stem}.wav", 2
    while path.exists():
        path, copy = folder / f"{stem}-{copy}.wav", copy + 1
    return path


def response_gaps(call: LineCall) -> list[float]:
    """Return how long Yulia took to answer each word or key of the caller.

    From the last frame with sound that we sent, or the end of a key, to the first frame with sound that arrived after
    it. Not counted where she was speaking at that moment (she was interrupted) or answered only after the caller's
    next word, and not for callers behind whom others talk on. Each is known to within two looks of the pump.
    """
    turns = [run.ended_at for run in call.sent.sound_runs(pause_seconds=0.8)]
    turns += [event.at + 0.1 for event in call.events if event.kind is Happening.KEY]
    turns.sort()
    heard = call.heard.sound_runs(pause_seconds=0.3)
    gaps: list[float] = []
    for turn, following in pairwise([*turns, float("inf")]):
        if any(run.started_at <= turn <= run.ended_at for run in heard):
            continue
        answer = next((run.started_at for run in heard if run.started_at > turn), None)
        if answer is not None and answer < following:
            gaps.append(answer - turn)
    return gaps
