"""How long texts sound, estimated from their letters."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.engine.bundle import Response
from dialogs.engine.steps.collect import Asking, Collect
from dialogs.engine.templates import Placeholder, Template

CHARACTERS_PER_SECOND = 15.0
"""Of the recorded notices in tts/recorded: 14.8 and 15.0."""

_USUAL_CHARACTERS = 16
_CHARACTERS = {"points": 32, "number": 24, "plural": 8, "counted": 16, "last4": 24, "groups": 100, "cards": 150}
"""How long the spoken forms usually are."""


def spoken_seconds(text: Template) -> float:
    """Estimate how long a text sounds with its values put in."""
    return sum(map(_characters, text.parts)) / CHARACTERS_PER_SECOND


def longest_seconds(response: Response) -> float:
    """Estimate how long the longest wording of a response sounds."""
    return max((spoken_seconds(variant.text) for variant in response.variants), default=0.0)


def asked_by(step: Collect) -> Iterator[Asking]:
    """Return the questions of a step: its own, the reading back, the correction."""
    yield step.asking
    if step.read_back is not None:
        yield step.read_back
    if step.repair is not None:
        yield step.repair.asking


def _characters(part: str | Placeholder) -> int:
    if isinstance(part, str):
        return len(part)
    forms = [_CHARACTERS[each.name] for each in part.filters if each.name in _CHARACTERS]
    return forms[-1] if forms else _USUAL_CHARACTERS
