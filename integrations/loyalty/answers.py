"""What the loyalty system may answer: checked strictly, then turned into the port's words."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator

from integrations.loyalty.iso_date import IsoDate
from integrations.loyalty.port import (
    Card,
    CardState,
    Customer,
    Done,
    LoyaltyGarbage,
    MergePreview,
    Outcome,
    Refusal,
    Refused,
)

NOT_FOUND_CODE = "customer_not_found"
"""Error code that makes a 404 mean «no such customer» and not «no such page»."""
KEY_CONFLICT_CODE = "key_conflict"
"""Error code of an operation key that was used with another content."""

_Points = Annotated[int, Field(ge=0, le=1_000_000_000)]
_CustomerId = Annotated[str, Field(min_length=1, max_length=64)]
_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Answer(BaseModel):
    # Fields that we do not know are let through: the loyalty system may grow without breaking the line.
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


_AnswerT = TypeVar("_AnswerT", bound=BaseModel)


class _CardAnswer(_Answer):
    number: Annotated[str, Field(pattern=r"^[0-9]{8,19}$")]
    state: CardState
    points: _Points
    points_pending: _Points
    points_expiring: _Points
    expires_on: IsoDate | None

    @model_validator(mode="after")
    def _check_expiring(self) -> Self:
        if self.points_expiring > self.points:
            raise ValueError("more points expire than there are")
        if (self.points_expiring > 0) != (self.expires_on is not None):
            raise ValueError("expiring points and their date come together")
        return self


class _CustomerAnswer(_Answer):
    id: _CustomerId
    first_name: _Name
    patronymic: _Name | None
    last_name: _Name | None
    phones: Annotated[tuple[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$")], ...], Field(max_length=20)]
    cards: Annotated[tuple[_CardAnswer, ...], Field(max_length=50)]

    @model_validator(mode="after")
    def _check_cards_differ(self) -> Self:
        if len({card.number for card in self.cards}) != len(self.cards):
            raise ValueError("one card number twice")
        return self


class _DoneAnswer(_Answer):
    outcome: Literal["done"]
    customer_id: _CustomerId
    cards: Annotated[tuple[_CardAnswer, ...], Field(max_length=50)]
    undo_until: AwareDatetime | None


class _RefusedAnswer(_Answer):
    outcome: Literal["refused"]
    reason: Refusal


class _PossibleAnswer(_Answer):
    outcome: Literal["possible"]
    kept: _CardAnswer
    merged: _CardAnswer
    after: _CardAnswer
    undo_seconds: Annotated[int, Field(ge=0)]


class _OutcomeAnswer(RootModel[Annotated[_DoneAnswer | _RefusedAnswer, Field(discriminator="outcome")]]):
    model_config = ConfigDict(strict=True, frozen=True)


class _PreviewAnswer(RootModel[Annotated[_PossibleAnswer | _RefusedAnswer, Field(discriminator="outcome")]]):
    model_config = ConfigDict(strict=True, frozen=True)


class _Error(_Answer):
    code: str


class _ErrorAnswer(_Answer):
    error: _Error


def read_customer(body: bytes) -> Customer:
    """Read a 200 answer.

    Raises:
        LoyaltyGarbage: names the fields at fault, never their values.
    """
    answer = _read(_CustomerAnswer, body)
    return Customer(
        id=answer.id,
        first_name=answer.first_name,
        patronymic=answer.patronymic,
        last_name=answer.last_name,
        phones=answer.phones,
        cards=tuple(_card(card) for card in answer.cards),
    )


def read_outcome(body: bytes) -> Outcome:
    """Read a 200 answer to a change.

    Raises:
        LoyaltyGarbage
    """
    match _read(_OutcomeAnswer, body).root:
        case _DoneAnswer(customer_id=customer_id, cards=cards, undo_until=undo_until):
            until = None if undo_until is None else undo_until.astimezone(UTC)
            return Done(customer_id, tuple(_card(card) for card in cards), until)
        case _RefusedAnswer(reason=reason):
            return Refused(reason)


def read_preview(body: bytes) -> MergePreview | Refused:
    """Read a 200 answer to the question what a merge would do.

    Raises:
        LoyaltyGarbage
    """
    match _read(_PreviewAnswer, body).root:
        case _PossibleAnswer(kept=kept, merged=merged, after=after, undo_seconds=undo_seconds):
            return MergePreview(_card(kept), _card(merged), _card(after), undo_seconds)
        case _RefusedAnswer(reason=reason):
            return Refused(reason)


def read_error_code(body: bytes) -> str:
    """Read the code of an error answer.

    Raises:
        LoyaltyGarbage
    """
    return _read(_ErrorAnswer, body).error.code


def _card(card: _CardAnswer) -> Card:
    return Card(
        number=card.number,
        state=card.state,
        points=card.points,
        points_pending=card.points_pending,
        points_expiring=card.points_expiring,
        expires_on=card.expires_on,
    )


def _read(model: type[_AnswerT], body: bytes) -> _AnswerT:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'body'}: {fault['type']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:5]
        )
    # Raised outside the handler: pydantic's error carries the values, and a traceback would take them to the log.
    raise LoyaltyGarbage(f"answer does not fit the contract: {places}")
