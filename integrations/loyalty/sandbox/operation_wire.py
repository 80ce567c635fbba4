"""Bodies of the sandbox's changing requests and their answers, as `openapi.yml` describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, RootModel

from integrations.loyalty.change_json import change_from_json
from integrations.loyalty.iso_date import IsoDate
from integrations.loyalty.port import Change, Done, Merge, MergePreview, Outcome, Refusal, Refused
from integrations.loyalty.sandbox.wire import (
    CardAnswer,
    CardNumber,
    CustomerId,
    Phone,
    StrictRequest,
    card_answer,
)

_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ActivationRequest(StrictRequest):
    """Activate a card."""

    kind: Literal["activation"]
    card_number: CardNumber
    phone: Phone
    first_name: _Name
    patronymic: _Name | None = None
    last_name: _Name | None = None
    birth_date: IsoDate
    consented_at: AwareDatetime


class MergeRequest(StrictRequest):
    """Merge one card into another; also the question for a preview."""

    kind: Literal["merge"]
    customer_id: CustomerId
    kept_card: CardNumber
    merged_card: CardNumber


class MergeUndoRequest(StrictRequest):
    """Take a merge back."""

    kind: Literal["merge_undo"]
    merge_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{16,64}$")]


class CardBlockRequest(StrictRequest):
    """Block a card."""

    kind: Literal["card_block"]
    card_number: CardNumber
    birth_date: IsoDate | None = None


class PhoneBlockRequest(StrictRequest):
    """Block the cards of whom a phone leads to."""

    kind: Literal["phone_block"]
    phone: Phone


class PhoneTieRequest(StrictRequest):
    """Let a phone lead to a customer."""

    kind: Literal["phone_tie"]
    customer_id: CustomerId
    phone: Phone


class ChangeRequest(
    RootModel[
        Annotated[
            ActivationRequest
            | MergeRequest
            | MergeUndoRequest
            | CardBlockRequest
            | PhoneBlockRequest
            | PhoneTieRequest,
            Field(discriminator="kind"),
        ]
    ],
    frozen=True,
):
    """A change of any kind."""

    def change(self) -> Change:
        """Put it in the port's words."""
        return change_from_json(self.root.model_dump_json().encode())

    def targets(self) -> tuple[str, ...]:
        """Tell the cards and phones it is about: what switches can be set for."""
        names = ("card_number", "merged_card", "kept_card", "phone")
        return tuple(value for name in names if (value := getattr(self.root, name, None)) is not None)


class DoneAnswer(BaseModel):
    """A change that was carried out."""

    outcome: Literal["done"] = "done"
    customer_id: str
    cards: tuple[CardAnswer, ...]
    undo_until: datetime | None


class RefusedAnswer(BaseModel):
    """A change that was refused."""

    outcome: Literal["refused"] = "refused"
    reason: Refusal


class PreviewAnswer(BaseModel):
    """What a merge would do."""

    outcome: Literal["possible"] = "possible"
    kept: CardAnswer
    merged: CardAnswer
    after: CardAnswer
    undo_seconds: int


def merge_of(request: MergeRequest) -> Merge:
    """Put the question for a preview in the port's words."""
    return Merge(request.customer_id, request.kept_card, request.merged_card)


def outcome_answer(outcome: Outcome) -> DoneAnswer | RefusedAnswer:
    """Tell how a change went."""
    match outcome:
        case Done(customer_id, cards, undo_until):
            return DoneAnswer(
                customer_id=customer_id, cards=tuple(card_answer(card) for card in cards), undo_until=undo_until
            )
        case Refused(reason):
            return RefusedAnswer(reason=reason)


def preview_answer(preview: MergePreview | Refused) -> PreviewAnswer | RefusedAnswer:
    """Tell what a merge would do."""
    if isinstance(preview, Refused):
        return RefusedAnswer(reason=preview.reason)
    return PreviewAnswer(
        kept=card_answer(preview.kept),
        merged=card_answer(preview.merged),
        after=card_answer(preview.after),
        undo_seconds=preview.undo_seconds,
    )
