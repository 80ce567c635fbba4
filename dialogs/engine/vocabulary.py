"""What goes into the engine and what comes out: events and commands, one frozen dataclass per fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool | None
Value = Scalar | tuple["Value", ...] | Mapping[str, "Value"]
"""What a slot or a result may hold: plain data that survives serialisation."""


# ---- events: what happened on the call --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The call was answered. Everything from outside that the dialogue may use comes as an argument."""

    caller_number: str | None  # E.164
    call_id: str = ""  # what operation keys are made of
    facts: Mapping[str, Value] = field(default_factory=dict)  # slots known from the start


@dataclass(frozen=True, slots=True)
class Heard:
    """Speech that answers the last question; keys may stand among the words of a number: «семьдесят 1234 десять»."""

    text: str  # lower case; "[unk]" stands for words outside the phrase list, digits for keys pressed in between
    confidence: float = 1.0  # 0..1
    alternatives: tuple[str, ...] = ()  # other readings of the same speech, likeliest first


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """A complete entry of telephone keys, without the closing one."""

    keys: str  # 0-9 * #


@dataclass(frozen=True, slots=True)
class NothingHeard:
    """Neither speech nor keys within the question's limit."""


@dataclass(frozen=True, slots=True)
class HearingFailed:
    """The recogniser is down: the same question is asked again, by keys only."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a free phrase may mean."""

    name: str  # of dialogs/data/nlu; OUT_OF_SCOPE stands for none of them
    confidence: float  # 0..1


OUT_OF_SCOPE = "out_of_scope"
"""The trained class of phrases that are none of this line's matters."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What the phrase of an `Understand` means; nothing at all when it could not be parsed."""

    intents: tuple[Intent, ...] = ()  # likeliest first


@dataclass(frozen=True, slots=True)
class ActionDone:
    """An action came back."""

    action: str
    result: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ActionFailed:
    """An action could not be carried out; nothing was changed outside."""

    action: str
    error: str  # "unavailable", "timeout", "garbage" or "internal"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Another worker took the call over: apologise and put the last question again."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Event = (
    CallStarted
    | Heard
    | KeysPressed
    | NothingHeard
    | HearingFailed
    | Understood
    | ActionDone
    | ActionFailed
    | Resumed
    | HungUp
)


# ---- commands: what the telephone is to do ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """One response, rendered: ready to be spoken."""

    id: str  # response id, e.g. "utter_ask_card_number"
    text: str
    recorded: str | None = None  # sound file that overrides synthesis
    sensitive: bool = False  # its text must not be logged or stored


class AnswerKind(StrEnum):
    """What a question can be answered with."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class ListenLimits:
    """When a spoken answer counts as begun, finished or missing."""

    start_seconds: float = 6.0  # silence after the prompt before NothingHeard
    complete_seconds: float = 0.2  # pause that ends an answer that already satisfies the question
    incomplete_seconds: float = 1.2  # pause that ends one that does not (longer while digits are missing)
    max_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """How keys are collected. A key outside `allowed` is ignored and counted."""

    max_keys: int = 1
    end_key: str | None = None  # e.g. "#"
    inter_key_seconds: float = 3.0
    allowed: str = "0123456789*#"
    lone_keys: str = "0*"  # commands when pressed as the first key: operator, repeat (see `dialogs.engine.commands`)


@dataclass(frozen=True, slots=True)
class Question:
    """What an `Ask` waits for."""

    id: str  # "flow/step": names the question in logs, metrics and counters
    answer: AnswerKind
    phrases: tuple[str, ...]  # phrase list for the recogniser, commands included; empty = keys only, or free speech
    limits: ListenLimits
    keys: KeyEntry
    meanings: tuple[
        str, ...
    ] = ()  # what each of `phrases` means: an option's value, "yes", "no", "!operator"; else empty
    digit_lengths: tuple[int, ...] = ()  # for DIGITS: allowed lengths
    digit_prefixes: tuple[str, ...] = ()  # for DIGITS: how the number may begin; none = anyhow
    digit_check: str = "none"  # for DIGITS: "none", "luhn" or "birth_date"
    corrections: tuple[str, ...] = ()  # for YES_NO after a number was read back: how «нет, вторая группа …» sounds
    barge_in: bool = True
    sensitive: bool = False
    free_speech: bool = False  # any words may answer it: heard without the phrase list
    digressions: bool = False  # what the phrase list does not hold is heard again, freely: another wish, a question


@dataclass(frozen=True, slots=True)
class Say:
    """Speak prompts without waiting for an answer."""

    prompts: tuple[Prompt, ...]
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Speak prompts, then wait for one answer; answered by Heard, KeysPressed, NothingHeard or HearingFailed."""

    prompts: tuple[Prompt, ...]
    question: Question


@dataclass(frozen=True, slots=True)
class Understand:
    """Say what a free phrase means; answered by Understood."""

    text: str  # lower case, at most 1000 characters


@dataclass(frozen=True, slots=True)
class RunAction:
    """Call the outside; answered by ActionDone or ActionFailed within `limit_seconds`."""

    action: str  # e.g. "loyalty.find_by_phone"
    arguments: Mapping[str, Value]
    limit_seconds: float
    waiting: Prompt | None = None  # spoken when the answer is not there after `waiting_after_seconds`
    waiting_after_seconds: float = 1.0
    operation_key: str | None = None  # of an action that changes something: the same for the same wish, never reused


@dataclass(frozen=True, slots=True)
class HandOff:
    """Give the call to an agent; the engine is done."""

    topic: str | None
    queue: str
    reason: str  # "asked", "no_input", "no_match", "action_failed", "internal_error", "not_found", ...
    asked: tuple[str, ...] = ()  # for the agent, in Russian
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; the engine is done."""

    contained: bool  # whether the caller's matter was settled
    reason: str


Command = Say | Ask | Understand | RunAction | HandOff | HangUp
Turn = tuple[Command, ...]
"""Any number of Say, then exactly one of Ask, Understand, RunAction, HandOff, HangUp (empty only after HungUp)."""
