"""Texts with placeholders: «На карте {slots.points|points}»."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dialogs.engine.vocabulary import Value

Scope = Mapping[str, Mapping[str, Value]]
"""What names stand for: `slots`, `result`, `settings`, `answer`."""


class RenderError(Exception):
    """A text cannot be said: a value is missing, or of the wrong kind for its filter."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A spoken form of a value, e.g. 1250 -> «тысяча двести пятьдесят баллов»."""

    name: str
    apply: Callable[[Value], str]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value in a text: a path and the filters it goes through."""

    path: tuple[str, ...]  # e.g. ("slots", "points")
    filters: tuple[Filter, ...] = ()

    def render(self, scope: Scope) -> str:
        """Look the value up and say it.

        Raises:
            RenderError
        """
        value: Value = look_up(scope, self.path)
        if value is None:
            raise RenderError(f"{'.'.join(self.path)} is empty")
        for each in self.filters:
            try:
                value = each.apply(value)
            except (TypeError, ValueError, KeyError) as error:
                raise RenderError(f"{'.'.join(self.path)}|{each.name}: {error}") from error
        return str(value)


@dataclass(frozen=True, slots=True)
class Template:
    """A text in parts."""

    parts: tuple[str | Placeholder, ...]
    sensitive: bool = False  # shows a sensitive value in full

    @property
    def is_static(self) -> bool:
        """Say whether the text is always the same."""
        return all(isinstance(part, str) for part in self.parts)

    def render(self, scope: Scope) -> str:
        """Put the values in.

        Raises:
            RenderError
        """
        return "".join(part if isinstance(part, str) else part.render(scope) for part in self.parts)


def look_up(scope: Scope, path: tuple[str, ...]) -> Value:
    """Follow a path; None where it leads nowhere."""
    value: Value = scope.get(path[0])
    for name in path[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
