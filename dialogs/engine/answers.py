"""What the caller's answer to a question means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dialogs.engine.bundle import Slot, SlotKind
from dialogs.engine.commands import OPERATOR_KEY, SPOKEN, Command, command_for_keys, only_by_itself
from dialogs.engine.state import Source
from dialogs.engine.vocabulary import Heard, KeysPressed, Question, Value
from dialogs.grammar import MAX_TOLD, options_of, rule_of, yes_no
from dialogs.grammar.choice import Option, match
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import choose
from dialogs.grammar.grouping import USUAL_GROUPS, as_said
from dialogs.grammar.words import FILLERS, UNKNOWN, find, phrase_words, words

MAX_TEXT_CHARACTERS = 1000
"""Longer speech is cut; nobody answers a question with that."""

COMMANDS = frozenset[str](Command)
SPOKEN_COMMANDS = tuple(Option(command.value, phrases) for command, phrases in SPOKEN.items())

_WORDS = {
    command: frozenset(word for phrase in phrases for word in phrase_words(phrase))
    for command, phrases in SPOKEN.items()
}

_REPEATS = tuple(map(phrase_words, SPOKEN[Command.REPEAT]))

YES_KEY, NO_KEY = "1", "2"

__all__ = ["Answered", "Command", "readings", "understand"]


@dataclass(frozen=True, slots=True)
class Answered:
    """A value for the question's slot."""

    value: Value
    source: Source
    confidence: float = 1.0
    is_clear: bool = True  # False when the speech may as well mean another value
    grouped: str = ""  # of a number: as the caller grouped it


def understand(event: Heard | KeysPressed, question: Question, slot: Slot) -> Answered | Command | None:
    """Read an answer; None when it is none. Earlier alternatives go first."""
    match event:
        case KeysPressed(keys):
            return _keys(keys[: question.keys.max_keys + 1].rstrip("#"), question, slot)
        case Heard() if slot.kind is SlotKind.NUMBER_STRING:
            return _number(event, question, slot) or next(filter(None, map(_command, readings(event))), None)
        case Heard():
            meanings = (_speech(said, event.confidence, question, slot) for said in readings(event))
            return next((meaning for meaning in meanings if meaning is not None), None)


def readings(heard: Heard) -> tuple[str, ...]:
    """Return what may have been said, likeliest first, none of it longer than anybody answers."""
    return tuple(said[:MAX_TEXT_CHARACTERS] for said in (heard.text, *heard.alternatives[:MAX_TOLD]))


def _keys(keys: str, question: Question, slot: Slot) -> Answered | Command | None:
    for value, key in _key_answers(slot):
        if keys == key:
            return Answered(value, Source.KEYS)
    if slot.kind is SlotKind.NUMBER_STRING and rule_of(question).allows(keys):
        return Answered(keys, Source.KEYS)
    return command_for_keys(keys, question.keys.lone_keys)


def _key_answers(slot: Slot) -> Iterator[tuple[Value, str]]:
    if slot.kind is SlotKind.YES_NO:
        yield True, YES_KEY
        yield False, NO_KEY
    for option in slot.options:
        if option.key is not None:
            yield option.value, option.key


def _speech(said: str, confidence: float, question: Question, slot: Slot) -> Answered | Command | None:
    match slot.kind:
        case SlotKind.CHOICE:
            found = match(said, options_of(question))
            if found is not None and found.value not in COMMANDS:
                return Answered(found.value, Source.VOICE, confidence)
        case SlotKind.YES_NO if (answer := _yes_no(said, slot)) is not None:
            return Answered(answer, Source.VOICE, confidence)
        case _:
            pass
    return _command(said)


def _number(heard: Heard, question: Question, slot: Slot) -> Answered | None:
    text, *alternatives = readings(heard)
    choice = choose(text, rule_of(question), alternatives)
    if choice is None:
        return None
    grouped = as_said(dictation(choice.said), choice.digits, slot.groups or USUAL_GROUPS)
    return Answered(choice.digits, Source.VOICE, heard.confidence, choice.doubt is None, grouped)


def _command(said: str) -> Command | None:
    found = match(said, SPOKEN_COMMANDS)
    if found is not None and (not only_by_itself(found.value, found.phrase) or _is_all(Command(found.value), said)):
        return Command(found.value)
    keys = [word for word in said.split() if word.isdecimal()]
    # the only key, after words that are no number: it is pressed for an agent
    return Command.OPERATOR if keys == [OPERATOR_KEY] and said.endswith(OPERATOR_KEY) else None


def _is_all(command: Command, said: str) -> bool:
    """Say whether nothing else was said, unknown speech included."""
    return UNKNOWN not in said and all(word in _WORDS[command] or word in FILLERS for word in words(said))


def _yes_no(said: str, slot: Slot) -> bool | None:
    """Read yes or no, but not out of a command: «нет, оператора» asks for an agent, «повторите, ладно» for nothing."""
    spoken = words(said)
    if _command(said) is not None or any(find(phrase, spoken) is not None for phrase in _REPEATS):
        return None
    return yes_no.parse(said, slot.yes, slot.no)
