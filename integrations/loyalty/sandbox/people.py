"""Sample people, read from `people.yml`."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from integrations.loyalty.port import CardState

PEOPLE_FILE = Path(__file__).with_name("people.yml")

CardNumber = Annotated[
    str,
    BeforeValidator(lambda written: written.replace(" ", "") if isinstance(written, str) else written),
    Field(pattern=r"^[0-9]{16}$"),
]


class _FromFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SampleCard(_FromFile):
    """One card of a sample person."""

    number: CardNumber
    state: CardState
    points: int = Field(0, ge=0)
    pending: int = Field(0, ge=0)
    expiring: int = Field(0, ge=0)
    expires_in_days: int | None = Field(None, ge=0)  # counted from the day of filling


class SamplePerson(_FromFile):
    """One made-up person, with the reason to have them."""

    id: str
    first_name: str
    patronymic: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    phones: tuple[Annotated[str, Field(pattern=r"^\+79[0-9]{9}$")], ...] = ()
    cards: tuple[SampleCard, ...] = ()
    note: str


class SamplePeople(_FromFile):
    """All that a fresh sandbox holds."""

    people: tuple[SamplePerson, ...]
    cards_without_owner: tuple[CardNumber, ...]


@cache
def sample_people() -> SamplePeople:
    """Read the sample people."""
    return SamplePeople.model_validate(yaml.safe_load(PEOPLE_FILE.read_text(encoding="utf-8")))
