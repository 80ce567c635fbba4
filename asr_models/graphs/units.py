"""The acoustic model's classes: silence, phones, phones of the core words, garbage; and their rows in its output."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asr_models.graphs.errors import GraphError
from asr_models.graphs.letters import PHONES
from asr_models.graphs.lexicon import Lexicon

SILENCE = "SIL"
GARBAGE = "GBG"
CORE_WORDS = Path(__file__).parent / "core_words.txt"


@dataclass(frozen=True, slots=True)
class Units:
    """An inventory: `names[i]` is unit i; SIL comes first, GBG last.

    A unit has two rows of the net's output (pdfs): its first frame and all others; GBG has one.
    """

    names: tuple[str, ...]
    core_words: tuple[str, ...]
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names) or self.names[:1] != (SILENCE,) or self.names[-1:] != (GARBAGE,):
            raise GraphError(f"an inventory begins with {SILENCE}, ends with {GARBAGE} and names each unit once")
        object.__setattr__(self, "_index", {name: index for index, name in enumerate(self.names)})

    def __len__(self) -> int:
        return len(self.names)

    @property
    def pdf_count(self) -> int:
        """How many rows the net's output has."""
        return 2 * len(self.names) - 1

    def index(self, name: str) -> int:
        """Return a unit's number.

        Raises:
            GraphError: there is no such unit.
        """
        if name not in self._index:
            raise GraphError(f"the model has no unit {name}")
        return self._index[name]

    def forward_pdf(self, unit: int) -> int:
        """Return the row of a unit's first frame."""
        return 2 * unit

    def selfloop_pdf(self, unit: int) -> int:
        """Return the row of a unit's other frames."""
        return 2 * unit if self.names[unit] == GARBAGE else 2 * unit + 1

    def of_word(self, word: str, phones: Sequence[str]) -> list[int]:
        """Return the units that a word is made of when it is said so: its own ones if it is a core word.

        Raises:
            GraphError: the inventory was not made for this pronunciation.
        """
        return [self.index(name) for name in self.names_of_word(word, phones)]

    def names_of_word(self, word: str, phones: Sequence[str]) -> list[str]:
        """Name the units of a word, see `of_word`."""
        return list(_own_units(word, phones)) if word in self.core_words else list(phones)

    def as_json(self) -> str:
        """Write the inventory as the file it is read from."""
        return json.dumps({"core_words": self.core_words, "names": self.names}, ensure_ascii=False, indent=0) + "\n"


def inventory(core_words: Iterable[str], lexicon: Lexicon, phones: Sequence[str] = PHONES) -> Units:
    """Make the inventory: SIL, the phones that all other words share, the core words' own phones, GBG.

    Raises:
        GraphError: a core word has no pronunciation.
    """
    core_words = tuple(dict.fromkeys(core_words))
    own = dict.fromkeys(
        name for word in core_words for said in lexicon.pronunciations(word) for name in _own_units(word, said.phones)
    )
    return Units((SILENCE, *phones, *own, GARBAGE), core_words)


def read_units(file: Path) -> Units:
    """Read `units.json` of a model folder.

    Raises:
        GraphError: says what is wrong with it.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Units(tuple(map(str, content["names"])), tuple(map(str, content["core_words"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GraphError(f"{file}: not an inventory of units: {error!r}") from error


def core_words(file: Path = CORE_WORDS) -> tuple[str, ...]:
    """Read the words that have units of their own: numbers, yes and no, the commands that matter most."""
    lines = (line.partition("#")[0].split() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(word for words in lines for word in words)


def _own_units(word: str, phones: Sequence[str]) -> Iterator[str]:
    """Name a word's own phones; one that comes again in the word is numbered: `s'@семьдесят`, `s'2@семьдесят`."""
    seen: Counter[str] = Counter()
    for phone in phones:
        seen[phone] += 1
        yield f"{phone}{seen[phone] if seen[phone] > 1 else ''}@{word}"
