"""What a dialogue listens for, as its author wrote it, and where: for telling which words a speech model lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dialogs.engine.commands import SPOKEN
from dialogs.grammar import yes_no
from dialogs.reader.folder import domain_files
from dialogs.reader.problems import Place, Problems
from dialogs.reader.source import Section, SourceFiles, Value
from dialogs.reader.tables import SourceTable, listed_options, read_tables


@dataclass(frozen=True, slots=True)
class ListenedPhrase:
    """One phrase of a phrase list."""

    text: str
    place: Place | None = None  # None: it comes with every dialogue


def listened_phrases(folder: Path) -> tuple[ListenedPhrase, ...]:
    """Return the phrases of a dialogue folder in order, then those that all dialogues share; number words are not told.

    What is wrong with the folder is the business of `load_bundle`.
    """
    files = SourceFiles(folder, Problems())
    tables = read_tables(files)
    sections = (files.section(path, "slots") for path in domain_files(folder, "slots") if path.is_file())
    own = (phrase for section in sections if section is not None for phrase in _phrases(section, tables))
    shared = (*yes_no.phrases(), *(phrase for phrases in SPOKEN.values() for phrase in phrases))
    return (*own, *(ListenedPhrase(phrase) for phrase in shared))


def _phrases(slots: Section, tables: Mapping[str, SourceTable]) -> Iterator[ListenedPhrase]:
    for _, _, value in slots.entries():
        slot = value.section("type")
        if slot is None:
            continue
        for key in ("yes", "no"):
            yield from _texts(slot.value(key))
        source = slot.section("options_from")
        for listed in listed_options(source, tables) if source is not None else ():
            yield from (ListenedPhrase(text, place) for text, place in listed.phrases)
        options = slot.section("options")
        for _, _, option in options.entries() if options is not None else ():
            section = option.section("phrases")
            yield from _texts(section.value("phrases") if section is not None else None)


def _texts(value: Value | None) -> Iterator[ListenedPhrase]:
    if value is None:
        return
    for item in value.items() if value.is_list else (value,):
        text = item.of(str)
        if text is not None:
            yield ListenedPhrase(text, item.place)
