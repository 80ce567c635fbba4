"""Bodies of the sandbox's requests and answers, as `openapi.yml` describes them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from integrations.loyalty.iso_date import IsoDate
from integrations.loyalty.port import Card, CardState
from integrations.loyalty.sandbox.rules import card_of
from integrations.loyalty.sandbox.switches import Switch, SwitchReport
from integrations.loyalty.sandbox.tables import CustomerRow

Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$", description="E.164, for example +79160000001")]
CardNumber = Annotated[str, Field(pattern=r"^[0-9]{8,19}$", description="8 to 19 digits without spaces")]
CustomerId = Annotated[str, Field(min_length=1, max_length=64, description="as told with a customer")]


class StrictRequest(BaseModel):
    """A body with exactly these fields."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class ByPhoneRequest(StrictRequest):
    """The question who has a phone."""

    phone: Phone


class ByCardRequest(StrictRequest):
    """The question who has a card, if born that day."""

    card_number: CardNumber
    birth_date: Annotated[IsoDate, Field(description="for example 1985-03-14")]


class ByIdRequest(StrictRequest):
    """The question for a customer known by their id."""

    customer_id: CustomerId


class SwitchesRequest(StrictRequest):
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
    last_name: str | None
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
        cards=tuple(card_answer(card_of(card, today)) for card in row.cards),
    )


def card_answer(card: Card) -> CardAnswer:
    """Tell a card's state."""
    return CardAnswer(**asdict(card))
