"""Bodies of the sandbox's requests and answers, as `openapi.yml` describes them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from integrations.loyalty.iso_date import IsoDate
from integrations.loyalty.port import CardState
from integrations.loyalty.sandbox.switches import Switch, SwitchReport
from integrations.loyalty.sandbox.tables import CardRow, CustomerRow


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class ByPhoneRequest(_Request):
    """The question who has a phone."""

    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$", description="E.164, for example +79160000001")]


class ByCardRequest(_Request):
    """The question who has a card, if born that day."""

    card_number: Annotated[str, Field(pattern=r"^[0-9]{8,19}$", description="8 to 19 digits without spaces")]
    birth_date: Annotated[IsoDate, Field(description="for example 1985-03-14")]


class SwitchesRequest(_Request):
    """Switches to set."""

    switches: Annotated[tuple[Switch, ...], Field(max_length=100, description="a list of switches")]


class CardAnswer(BaseModel):
    """One card."""

    number: str
    state: CardState
    points: int
    points_pending: int
    points_expiring: int
    expires_on: date | None


class CustomerAnswer(BaseModel):
    """A person with phones and cards."""

    id: str
    first_name: str
    patronymic: str | None
    last_name: str
    phones: tuple[str, ...]
    cards: tuple[CardAnswer, ...]


class SwitchesAnswer(BaseModel):
    """The switches that are set now."""

    switches: tuple[SwitchReport, ...]


def customer_answer(row: CustomerRow, today: date) -> CustomerAnswer:
    """Tell a person's state as of `today`: what expired before is gone."""
    return CustomerAnswer(
        id=row.id,
        first_name=row.first_name,
        patronymic=row.patronymic,
        last_name=row.last_name,
        phones=tuple(phone.number for phone in row.phones),
        cards=tuple(_card_answer(card, today) for card in row.cards),
    )


def _card_answer(row: CardRow, today: date) -> CardAnswer:
    expired = row.expires_on is not None and row.expires_on < today
    return CardAnswer(
        number=row.number,
        state=row.state,
        points=row.points - row.points_expiring if expired else row.points,
        points_pending=row.points_pending,
        points_expiring=0 if expired else row.points_expiring,
        expires_on=None if expired else row.expires_on,
    )
