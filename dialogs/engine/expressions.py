"""Conditions and values in flows, evaluated by simpleeval over plain data."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simpleeval import SimpleEval

from dialogs.engine.templates import Scope
from dialogs.engine.vocabulary import Value

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
    ast.Not: operator.not_,
    ast.USub: operator.neg,
}


def endings(cards: object) -> tuple[str, ...]:
    """Return the last four digits of each card of a list."""
    if not isinstance(cards, tuple):
        raise TypeError("not a list of cards")
    return tuple(str(card.get("last4")) for card in cards if isinstance(card, Mapping))


FUNCTIONS: dict[str, Callable[..., Any]] = {"len": len, "endings": endings}


class Record:
    """A mapping whose entries are read as attributes, and nothing else of it: no methods, missing entries are None."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        value = self._values.get(name)
        return Record(value) if isinstance(value, Mapping) else value


class _Evaluator(SimpleEval):  # type: ignore[misc]
    def __init__(self, scope: Scope) -> None:
        names = {name: Record(values) for name, values in scope.items()}
        super().__init__(operators=OPERATORS, functions=FUNCTIONS, names=names)
        self.nodes[ast.Tuple] = self.nodes[ast.List] = lambda node: tuple(self._eval(item) for item in node.elts)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression; the reader lets through only what `reader.expressions` allows."""

    text: str
    tree: ast.expr

    def value(self, scope: Scope) -> Value:
        """Evaluate.

        Comparing a missing value by size («slots.points > 0» with no points) gives None, which counts as false.
        """
        try:
            found = _Evaluator(scope).eval(self.text, self.tree)
        except TypeError:
            return None
        return found if isinstance(found, str | int | float | bool | tuple | dict) else None

    def holds(self, scope: Scope) -> bool:
        """Evaluate as a condition."""
        return bool(self.value(scope))
