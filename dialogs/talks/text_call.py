"""One call in text: the engine with everything around it, without a telephone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    Ask,
    Command,
    Event,
    HandOff,
    HangUp,
    HungUp,
    Prompt,
    RunAction,
    Say,
    Turn,
    Understand,
    Understood,
)

Understands = Callable[[str], Awaitable[Understood]]


class Outside(Protocol):
    """Who carries actions out."""

    async def act(self, command: RunAction) -> tuple[ActionDone | ActionFailed, bool]:
        """Carry an action out; say also whether the caller had to wait for it."""


class BadTurn(Exception):
    """A turn that leaves the caller in silence, or a state that does not survive its saving: a fault of the engine."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What followed an event, until the caller, or who gives results by hand, has the word."""

    prompts: tuple[Prompt, ...] = ()
    actions: tuple[RunAction, ...] = ()
    outcomes: tuple[ActionDone | ActionFailed, ...] = ()
    understood: tuple[tuple[str, Understood], ...] = ()  # phrases with their meanings
    last: Command | None = None  # None only after the caller hung up


class TextCall:
    """A call whose events come from a file or a keyboard."""

    def __init__(self, engine: Engine, understand: Understands, outside: Outside | None) -> None:
        """Without an outside a turn that runs an action is the last of its reaction."""
        self._engine = engine
        self._understand = understand
        self._outside = outside
        self.state = engine.begin()
        self._saved = self.state.to_bytes()

    async def tell(self, event: Event) -> Reaction:
        """Take an event, and all that phrases mean and actions bring until somebody is waited for.

        Raises:
            BadTurn
            StateUnreadable: the state could not be read back.
        """
        prompts: list[Prompt] = []
        actions: list[RunAction] = []
        outcomes: list[ActionDone | ActionFailed] = []
        phrases: list[tuple[str, Understood]] = []
        following: Event | None = event
        last: Command | None = None
        while following is not None:
            turn = self._step(following)
            prompts += [prompt for command in turn if isinstance(command, Say | Ask) for prompt in command.prompts]
            last, following = turn[-1] if turn else None, None
            match last:
                case Understand(text):
                    following = await self._understand(text)
                    phrases.append((text, following))
                case RunAction():
                    actions.append(last)
                    if self._outside is not None:
                        following, waited = await self._outside.act(last)
                        prompts += [last.waiting] if waited and last.waiting is not None else []
                        outcomes.append(following)
        return Reaction(tuple(prompts), tuple(actions), tuple(outcomes), tuple(phrases), last)

    def _step(self, event: Event) -> Turn:
        # as after a crash: the next event meets the state as it was saved
        self.state, turn = self._engine.step(DialogueState.from_bytes(self._saved), event)
        self._saved = self.state.to_bytes()
        if DialogueState.from_bytes(self._saved) != self.state:
            raise BadTurn("the state is another one once it was saved")
        *before, last = turn or (None,)
        if last is None and not isinstance(event, HungUp) and not self.state.hung_up:
            raise BadTurn("nothing follows")
        if not all(isinstance(command, Say) for command in before) or isinstance(last, Say):
            raise BadTurn(f"a turn out of order: {turn}")
        if isinstance(last, Ask) and not last.prompts:
            raise BadTurn("a question without words")
        return turn


FINAL = (HandOff, HangUp)
"""Commands after which the call is over."""
