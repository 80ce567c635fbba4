"""How words sound: a text file of `word<TAB>phones[<TAB>cost]`, several lines a word, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from asr_models.graphs.errors import GraphError, WordUnpronounceable
from asr_models.graphs.letters import PHONES, NotRussian, phones_of

BUNDLED_LEXICON = Path(__file__).parent / "lexicon.tsv"
SPOKEN_FORMS = Path(__file__).parent / "spoken.tsv"


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
    return _read(file, _phones_as_written)


def read_spoken_forms(file: Path = SPOKEN_FORMS) -> Lexicon:
    """Read a lexicon in Russian letters as they are said, stress marked: `пятьдесят<TAB>пидис+ят`.

    Raises:
        GraphError: names the file and line and what is wrong with it.
    """
    return _read(file, phones_of)


def _phones_as_written(text: str) -> tuple[str, ...]:
    phones = tuple(text.split())
    if unknown := [phone for phone in phones if phone not in PHONES]:
        raise NotRussian(f"«{unknown[0]}» is no phone")
    return phones


def _read(file: Path, as_phones: Callable[[str], tuple[str, ...]]) -> Lexicon:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{file}: cannot be read: {error}") from error
    entries: dict[str, list[Pronunciation]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition("\t")
        said, _, cost = rest.partition("\t")
        try:
            pronunciation = Pronunciation(as_phones(said), float(cost or 0))
        except ValueError as error:
            raise GraphError(f"{file}:{number}: {error}") from error
        if not word.strip() or not pronunciation.phones:
            raise GraphError(f"{file}:{number}: a word, a tab and what it sounds like are expected")
        if all(pronunciation.phones != other.phones for other in entries.setdefault(word, [])):
            entries[word].append(pronunciation)
    return Lexicon(entries)
