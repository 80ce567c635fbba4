"""Recordings of real people that Debian's packages hold and whose words are known. For testing only: never trained on.

`python -m bench.human_recordings` fetches them and tells who says what. The table is `bench/data/human_recordings.tsv`;
an empty text means speech outside any phrase list whose exact words do not matter.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.debian_packages import CACHE, PackageMissing, unpacked, version

TABLE = Path(__file__).parent / "data" / "human_recordings.tsv"


class Kind(StrEnum):
    """What is said."""

    DIGIT = "digit"
    NUMBER = "number"
    ORDINAL = "ordinal"  # feminine: первая, вторая …
    MONTH = "month"  # in the genitive, as in dates
    WORD = "word"
    YES_NO = "yes_no"
    OUTSIDE = "outside"  # speech that no phrase list of the line expects


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person, as far as the packages tell; the sex is by pitch where they tell nothing."""

    name: str
    about: str


SPEAKERS = {
    speaker.name: speaker
    for speaker in (
        Speaker("asterisk-woman", "woman, professional voice of ivrvoice.ru, 2010; CC BY 3.0"),
        Speaker("tuxpaint-man", "man, a student's recordings at home (Edwin Veber, 2010-11); GPL 2"),
        Speaker("tuxpaint-counting", "woman or child (median pitch 274 Hz), unnamed, one to nine; GPL 2"),
        Speaker("klettres-girl", "girl or woman (median pitch 230 Hz), «Dashk0», 2010; GPL 2 or later"),
        Speaker("ktuberling-man", "mostly a man (median pitch 134 Hz), unnamed, 2010; GPL 2 or later"),
    )
}


@dataclass(frozen=True, slots=True)
class HumanRecording:
    """One line of the table."""

    package: str
    path: str
    speaker: str
    kind: Kind
    text: str  # lower case; "" when only known to be outside the lists


def listed(table: Path = TABLE) -> tuple[HumanRecording, ...]:
    """Read the table."""
    with table.open(encoding="utf-8", newline="") as lines:
        return tuple(
            HumanRecording(row["package"], row["path"], row["speaker"], Kind(row["kind"]), row["text"])
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def fetched(
    tell: Callable[[str], object], *, cache: Path = CACHE
) -> tuple[tuple[tuple[HumanRecording, Path], ...], dict[str, str]]:
    """Return what can be had with its files, and the packages' versions; `tell` hears what cannot be had."""
    folders: dict[str, Path] = {}
    for package in dict.fromkeys(recording.package for recording in listed()):
        try:
            folders[package] = unpacked(package, cache=cache)
        except PackageMissing as error:
            tell(f"Human recordings left out. {error}")
    there, gone = [], 0
    for recording in listed():
        file = folders[recording.package] / recording.path if recording.package in folders else None
        if file is not None and file.is_file():
            there.append((recording, file))
        elif file is not None:
            gone += 1
    if gone:
        tell(f"{gone} recordings of the table are not in this release's packages: left out.")
    return tuple(there), {package: version(folder) for package, folder in folders.items()}


def main() -> int:
    """Fetch and sum up."""
    console = Console()
    recordings, versions = fetched(console.print)
    counts = Counter((recording.speaker, recording.kind) for recording, _ in recordings)
    table = Table("speaker", *(kind.value for kind in Kind), title="Recordings of real people")
    for name in SPEAKERS:
        table.add_row(name, *(str(counts[name, kind] or "") for kind in Kind))
    console.print(table)
    for name, speaker in SPEAKERS.items():
        console.print(f"  {name}: {speaker.about}", highlight=False)
    for file_name in versions.values():
        console.print(f"  {file_name}", highlight=False)
    return 0 if recordings else 1


if __name__ == "__main__":
    sys.exit(main())
