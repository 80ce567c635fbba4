"""The catalogue of models: what can be fetched, from where, and what for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, Field, TypeAdapter

QuestionKind = Literal["closed", "digits", "open"]
"""Questions with a phrase list, dictated numbers, questions answered in free speech."""

KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)
BUNDLED = "bundled"

_FILE = Path(__file__).with_name("catalogue.yml")


class CatalogueModel(BaseModel, frozen=True, extra="forbid"):
    """One entry. Only the bundled model has no address."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,80}$")
    engine: Literal["vosk"] = "vosk"
    url: str | None = Field(None, pattern=r"^https://\S+\.zip$")
    licence: str
    download_megabytes: int = Field(ge=0)  # of 10^6 bytes, for people
    download_bytes: int | None = None  # exact, where known: another length is refused
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    sha256_source: str = "not published: the first fetch writes down the digest that came, later ones are held to it"
    takes_phrase_lists: bool
    serves: tuple[QuestionKind, ...]
    memory_megabytes: int
    memory_source: str
    purpose: str  # in Russian, for admins
    error_rates: dict[str, float]  # per cent of words, by test set
    error_rates_source: str


class UnknownModel(Exception):
    """No model of this name is in the catalogue; the message, for admins, lists those that are."""


@cache
def catalogue() -> tuple[CatalogueModel, ...]:
    """Return all entries, the bundled model first."""
    entries = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[CatalogueModel, ...]).validate_python(entries)


def catalogue_model(name: str) -> CatalogueModel:
    """Look an entry up.

    Raises:
        UnknownModel
    """
    for entry in catalogue():
        if entry.name == name:
            return entry
    raise UnknownModel(f"Модели «{name}» в каталоге нет. Есть: {', '.join(each.name for each in catalogue())}.")
