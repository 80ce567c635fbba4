"""Switches that make the sandbox misbehave: for everybody, for one phone, or for one card."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_SWITCHES = 500
"""More targets than that are refused: somebody forgot to switch back."""


class Mode(StrEnum):
    """How an answer goes."""

    OK = "ok"  # as it should; takes the target's switch away
    SLOW = "slow"  # rightly, but after `seconds`
    WRONG = "wrong"  # 200 with an answer that cannot be right, see `WrongAnswer`
    DOWN = "down"  # 503
    HANG = "hang"  # never
    RESET = "reset"  # the connection is closed without a word
    ERROR = "error"  # 500, as of a program that broke
    LOST = "lost"  # carried out as it should, but the answer never comes: the connection is closed instead


class WrongAnswer(StrEnum):
    """Ways to be wrong."""

    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"  # JSON, with fields missing or of another type
    OVERSIZE = "oversize"  # well-formed, of four megabytes
    OTHER_PERSON = "other_person"  # in perfect form, about somebody who was not asked for


class Switch(BaseModel):
    """One switch, as set over HTTP."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    mode: Mode
    seconds: Annotated[float, Field(gt=0, le=60)] | None = None  # for slow
    answer: WrongAnswer | None = None  # for wrong; not_json if not said
    only_phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$")] | None = None
    only_card: Annotated[str, Field(pattern=r"^[0-9]{8,19}$")] | None = None
    times: Annotated[int, Field(ge=1, le=1000)] | None = None  # after so many requests, all is well again

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.mode is Mode.SLOW) != (self.seconds is not None):
            raise ValueError("'seconds' goes with mode 'slow', and 'slow' needs it")
        if self.answer is not None and self.mode is not Mode.WRONG:
            raise ValueError("'answer' goes with mode 'wrong' only")
        if self.only_phone is not None and self.only_card is not None:
            raise ValueError("give 'only_phone' or 'only_card', not both; set two switches for both")
        return self


class SwitchReport(Switch):
    """A switch with how often it was felt."""

    used: int


class TooManySwitches(Exception):
    """Switches for more targets than anybody needs."""


@dataclass(slots=True)
class _Set:
    switch: Switch
    used: int = 0


class SwitchBoard:
    """All switches that are set. A phone's or card's own switch goes before the one for everybody."""

    def __init__(self) -> None:
        self._by_target: dict[str | None, _Set] = {}

    def put(self, switches: tuple[Switch, ...]) -> None:
        """Set each switch for its target; other targets keep theirs, so that tests run side by side.

        Raises:
            TooManySwitches: nothing was changed.
        """
        changed = dict(self._by_target)
        for switch in switches:
            target = switch.only_phone or switch.only_card
            if switch.mode is Mode.OK:
                changed.pop(target, None)
            else:
                changed[target] = _Set(switch)
        if len(changed) > MOST_SWITCHES:
            raise TooManySwitches
        self._by_target = changed

    def clear(self) -> None:
        """Take all switches away."""
        self._by_target.clear()

    def feel(self, *targets: str) -> Switch | None:
        """Return the switch that a request about these phones and cards runs into, and count it."""
        for key in (*targets, None):
            if (found := self._by_target.get(key)) is None:
                continue
            if found.switch.times is not None and found.used >= found.switch.times:
                continue
            found.used += 1
            return found.switch
        return None

    def report(self) -> tuple[SwitchReport, ...]:
        """List the switches in the order they were set; used-up ones stay, so that their count can be read."""
        return tuple(SwitchReport(**found.switch.model_dump(), used=found.used) for found in self._by_target.values())
