"""Conversations written in YAML: what the caller does, and what must follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    Ask,
    CallStarted,
    Event,
    HandOff,
    HangUp,
    Heard,
    HearingFailed,
    HungUp,
    KeysPressed,
    NothingHeard,
    Prompt,
    Resumed,
    RunAction,
    Say,
    Turn,
    Understand,
    Understood,
)
from dialogs.talks.example_results import RESULTS

FOLDER = Path(__file__).parent / "conversations"


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yml")):
        for case in yaml.safe_load(path.read_text())["test_cases"]:
            yield pytest.param(case, id=f"{path.stem}: {case['test_case']}")


@dataclass
class Player:
    """Plays one conversation and keeps what was said since the last look."""

    engine: Engine
    faults: list[Exception] = field(default_factory=list)
    said: list[Prompt] = field(default_factory=list)
    turn: Turn = ()

    def __post_init__(self) -> None:
        self.engine = Engine(self.engine.bundle, lambda error, event: self.faults.append(error))
        self.state = self.engine.begin()

    def tell(self, event: Event) -> None:
        # as after a crash: the next event meets the state as it was saved
        self.state, self.turn = self.engine.step(DialogueState.from_bytes(self.state.to_bytes()), event)
        if isinstance(self.last, Understand):
            self.tell(Understood())
            return
        self.said = [prompt for command in self.turn if isinstance(command, Say | Ask) for prompt in command.prompts]

    @property
    def last(self) -> Any:
        return self.turn[-1] if self.turn else None

    def act(self, kind: str, value: Any) -> None:
        match kind:
            case "user":
                said, *alternatives = [value] if isinstance(value, str) else value
                self.tell(Heard(said, alternatives=tuple(alternatives)))
            case "keys":
                self.tell(KeysPressed(value))
            case "silence":
                self.tell(NothingHeard())
            case "hearing_fails":
                self.tell(HearingFailed())
            case "resumed":
                self.tell(Resumed())
            case "hangs_up":
                self.tell(HungUp())
            case "result":
                self.tell(ActionDone(self.running, RESULTS[value]))
            case "fails":
                self.tell(ActionFailed(self.running, value))
            case _:
                self.look(kind, value)

    @property
    def running(self) -> str:
        assert isinstance(self.last, RunAction), f"no action runs: {self.last}"
        return self.last.action

    def look(self, kind: str, value: Any) -> None:
        match kind:
            case "bot":
                assert [prompt.id for prompt in self.said] == ([value] if isinstance(value, str) else value)
            case "says":
                assert value in " ".join(prompt.text for prompt in self.said)
            case "action":
                assert isinstance(self.last, RunAction), self.last
                assert {"name": self.last.action, **self.last.arguments} == value
            case "asks":
                assert isinstance(self.last, Ask), self.last
                assert self.last.question.id == value
            case "by_keys_only":
                assert isinstance(self.last, Ask), self.last
                assert (self.last.question.phrases == ()) is value
            case "handed_off":
                assert isinstance(self.last, HandOff), self.last
                got = {name: getattr(self.last, name) for name in value}
                assert {name: list(v) if isinstance(v, tuple) else v for name, v in got.items()} == value
            case "hung_up":
                assert isinstance(self.last, HangUp), self.last
                assert {"contained": self.last.contained, "reason": self.last.reason} == value
            case "nothing_more":
                assert self.turn == ()
            case _:
                raise AssertionError(f"unknown line of a conversation: {kind}")


@pytest.mark.parametrize("case", list(cases()))
def test_conversation(case: dict[str, Any], bundle: Bundle) -> None:
    player = Player(Engine(bundle))
    player.tell(CallStarted(case.get("caller", "+79160000001")))
    for line in case["steps"]:
        ((kind, value),) = line.items()
        player.act(kind, value)
    assert player.faults == []
