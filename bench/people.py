"""Recordings of real people that Debian's packages hold, in any language but Russian, for the trainer's `--people`.

`python -m bench.people FOLDER` fetches them and sorts them into a folder a speaker, eight hours of some sixty people.
The Russian ones are for testing only and left out: `bench.human_recordings`.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.debian_packages import PackageMissing, unpacked

TESTED_LANGUAGE = "ru"


@dataclass(frozen=True, slots=True)
class Source:
    """A package, and how its files' paths tell who speaks."""

    package: str
    speaker: str  # `{}` stands for what the pattern's group holds
    path: re.Pattern[str]
    licence: str


def _source(package: str, speaker: str, path: str, licence: str) -> Source:
    return Source(package, speaker, re.compile(path), licence)


SOURCES = (
    *(
        _source(f"asterisk-core-sounds-{language}-g722", f"asterisk-{language}", r"\.g722$", "CC BY-SA 3.0")
        for language in ("en", "es", "fr", "it")
    ),
    _source("asterisk-prompt-es-co", "asterisk-es-co", r"\.gsm$", "GPL 2 or later"),
    _source("asterisk-prompt-fr-armelle", "asterisk-armelle", r"\.gsm$", "GPL 2 or later"),
    _source("asterisk-prompt-it-menardi-wav", "asterisk-menardi", r"\.wav$", "CC BY-SA 3.0 IT"),
    *(
        _source(f"fillets-ng-data-{language}", f"fillets-{language}-{{}}", r"/[^-/]*-([mv])-[^/]*\.ogg$", "GPL 2")
        for language in ("cs", "nl")
    ),
    _source("klettres-data", "klettres-{}", r"/klettres/([^/]+)/.*\.(?:ogg|wav)$", "GPL 2 or later"),
    _source("ktuberling-data", "ktuberling-{}", r"/ktuberling/sounds/([^/]+)/.*\.(?:ogg|wav)$", "GPL 2 or later"),
    _source("tuxpaint-stamps-default", "tuxpaint-{}", r"_([a-z]{2}(?:_[A-Z]{2})?)\.ogg$", "GPL 2"),
)


def sorted_by_speaker(source: Source, files: Iterable[Path]) -> dict[Path, str]:
    """Say who speaks in each of a package's files; what is no speech or in the tested language is left out."""
    found = ((file, source.path.search(file.as_posix())) for file in files)
    return {
        file: source.speaker.format(*match.groups())
        for file, match in found
        if match is not None and match.groups()[:1] != (TESTED_LANGUAGE,)
    }


def main(folder: Annotated[Path, typer.Argument(help="Where the folders of the speakers are written.")]) -> None:
    """Gather recordings of real people in other languages, for `python -m asr_models.trainer --people FOLDER`.

    The packages come from this machine's Debian mirror, nothing is installed: about 250 MB to fetch, 350 MB in FOLDER.
    """
    console = Console()
    counts: Counter[tuple[str, str]] = Counter()
    for source in track(SOURCES, "fetching and sorting", console=console):
        try:
            root = unpacked(source.package)
        except PackageMissing as error:
            console.print(f"left out. {error}")
            continue
        files = sorted(file for file in root.rglob("*") if file.is_file())
        for file, speaker in sorted_by_speaker(source, files).items():
            to = folder / speaker / "--".join(file.relative_to(root).parts[-3:])
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, to)
            counts[speaker, source.licence] += 1
    if not counts:
        raise typer.Exit(1)
    table = Table("speaker", "recordings", "licence", title=f"Real people in {folder}")
    for (speaker, licence), count in sorted(counts.items()):
        table.add_row(speaker, str(count), licence)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
