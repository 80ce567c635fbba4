"""How words sound: a text file of `word<TAB>phones[<TAB>cost]`, several lines a word, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from asr_models.graphs.errors import GraphError, WordUnpronounceable
from asr_models.graphs.letters import PHONES, NotRussian

BUNDLED_LEXICON = Path(__file__).parent / "lexicon.tsv"
ACCENTS = Path(__file__).parent / "accents.tsv"


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """One way to say a word."""

    phones: tuple[str, ...]
    cost: float = 0.0  # natural logarithms; above 0 for what is said rarely


class Lexicon(Mapping[str, tuple[Pronunciation, ...]]):
    """Words with their pronunciations, in the order of the file."""

    def __init__(self, entries: Mapping[str, Iterable[Pronunciation]]) -> None:
        self._entries = {word: tuple(said) for word, said in entries.items()}

    def __getitem__(self, word: str) -> tuple[Pronunciation, ...]:
        return self._entries[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        """Look a word up.

        Raises:
            WordUnpronounceable: the word is not in the lexicon.
        """
        if word not in self._entries:
            raise WordUnpronounceable(f"«{word}» has no pronunciation in the lexicon: add a line for it")
        return self._entries[word]

    def of_words(self, words: Iterable[str]) -> Lexicon:
        """Return the part of the lexicon that is about these words, in their order.

        Raises:
            WordUnpronounceable: names the first word that is missing.
        """
        return Lexicon({word: self.pronunciations(word) for word in words})

    def with_words(self, more: Mapping[str, Iterable[Pronunciation]]) -> Lexicon:
        """Return a lexicon in which these words are added or said anew."""
        return Lexicon(self._entries | {word: tuple(said) for word, said in more.items()})

    def as_text(self) -> str:
        """Write the lexicon as the file it is read from."""
        return "".join(
            "\t".join([word, " ".join(said.phones), *([f"{said.cost:g}"] if said.cost else [])]) + "\n"
            for word, several in self._entries.items()
            for said in several
        )


def read_lexicon(file: Path = BUNDLED_LEXICON) -> Lexicon:
    """Read a lexicon in phones; by default the one that comes along.

    Raises:
        GraphError: names the file and line and what is wrong with it.
    """
    return read_entries(file, _phones_as_written)


def read_entries(file: Path, said_as: Callable[[str], tuple[Pronunciation, ...]]) -> Lexicon:
    """Read lines of a word, what `said_as` understands, and a cost; `#` begins a remark.

    Raises:
        GraphError: names the file and line and what is wrong with it.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{file}: cannot be read: {error}") from error
    entries: dict[str, dict[tuple[str, ...], float]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition("\t")
        said, _, cost = rest.partition("\t")
        try:
            several = [(one.phones, one.cost + float(cost or 0)) for one in said_as(said)]
        except (ValueError, WordUnpronounceable) as error:
            raise GraphError(f"{file}:{number}: {error}") from error
        if not word.strip() or not all(phones for phones, _ in several):
            raise GraphError(f"{file}:{number}: a word, a tab and what it sounds like are expected")
        known = entries.setdefault(word, {})
        for phones, its_cost in several:
            known[phones] = min(its_cost, known.get(phones, its_cost))
    return Lexicon(
        {word: [Pronunciation(phones, cost) for phones, cost in known.items()] for word, known in entries.items()}
    )


def _phones_as_written(text: str) -> tuple[Pronunciation, ...]:
    phones = tuple(text.split())
    if unknown := [phone for phone in phones if phone not in PHONES]:
        raise NotRussian(f"«{unknown[0]}» is no phone")
    return (Pronunciation(phones),)
