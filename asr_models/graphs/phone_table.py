"""Phones as Kaldi numbers them: every unit at every place in a word, with the rows of the net's output they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from asr_models.graphs.errors import GraphError
from asr_models.graphs.units import SILENCE, Units

_PLACES = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}


@dataclass(frozen=True, slots=True)
class PhoneTable:
    """`names[i]` is phone i + 1: SIL is 1, any other unit has four phones, `a_B` … `a_S`, by its place in the word.

    Transition-ids of phone p: 2p - 1 is its self-loop, 2p the way into it (its first frame).
    """

    names: tuple[str, ...]
    forward_pdfs: tuple[int, ...]  # of phone i + 1, its first frame
    selfloop_pdfs: tuple[int, ...]  # of phone i + 1, its other frames
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {name: number for number, name in enumerate(self.names, start=1)})

    def entry(self, phone: str) -> int:
        """Return the transition-id of a phone's first frame."""
        return 2 * self._id(phone)

    def loop(self, phone: str) -> int:
        """Return the transition-id of a phone's other frames."""
        return 2 * self._id(phone) - 1

    def as_symbols(self) -> str:
        """Write `phones.txt`: for people, Vosk does not read it."""
        symbols = ("<eps>", *self.names, "#0")
        return "".join(f"{name} {number}\n" for number, name in enumerate(symbols))

    def as_word_boundaries(self) -> str:
        """Write `word_boundary.int`, from which Vosk tells when each word was said."""
        kinds = ("nonword" if name == SILENCE else _PLACES[name[-1]] for name in self.names)
        return "".join(f"{number} {kind}\n" for number, kind in enumerate(kinds, start=1))

    def _id(self, phone: str) -> int:
        if phone not in self._ids:
            raise GraphError(f"the model has no phone {phone}")
        return self._ids[phone]


def phone_table(units: Units) -> PhoneTable:
    """Give the phones of an inventory their numbers, on which `final.mdl` and both graphs must agree."""
    names: list[str] = []
    forward: list[int] = []
    loops: list[int] = []
    for unit, name in enumerate(units.names):
        placed = [name] if name == SILENCE else [f"{name}_{place}" for place in _PLACES]
        names += placed
        forward += [units.forward_pdf(unit)] * len(placed)
        loops += [units.selfloop_pdf(unit)] * len(placed)
    return PhoneTable(tuple(names), tuple(forward), tuple(loops))


def placed(units: Sequence[str]) -> list[str]:
    """Name the phones of a word by their place in it."""
    if len(units) == 1:
        return [f"{units[0]}_S"]
    return [f"{units[0]}_B", *(f"{unit}_I" for unit in units[1:-1]), f"{units[-1]}_E"]
