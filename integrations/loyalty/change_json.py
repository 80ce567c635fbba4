"""A change as JSON: the body of a request, and what waits in the log of operations until it is confirmed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from integrations.loyalty.phone_numbers import mask_digits
from integrations.loyalty.port import Activation, CardBlock, Change, Merge, MergeUndo, PhoneBlock, PhoneTie

_CHANGE: TypeAdapter[Change] = TypeAdapter(Annotated[Change, Field(discriminator="kind")])


class ChangeGarbage(Exception):
    """Not a change, or one of a newer program; names the fields at fault, never their values."""


def change_to_json(change: Change) -> bytes:
    """Write a change; equal changes give equal bytes."""
    return _CHANGE.dump_json(change)


def change_from_json(body: bytes) -> Change:
    """Read a change.

    Raises:
        ChangeGarbage
    """
    try:
        return _CHANGE.validate_json(body, strict=True)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'body'}: {fault['type']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:5]
        )
    raise ChangeGarbage(places)  # outside the handler: pydantic's error carries the values


def summary_of(change: Change) -> str:
    """Say what a change is about, for lists and logs: of numbers, only the last four digits."""
    match change:
        case Activation():
            return f"card {_last4(change.card_number)}, phone {mask_digits(change.phone)}"
        case Merge():
            return f"card {_last4(change.merged_card)} into {_last4(change.kept_card)}, customer {change.customer_id}"
        case MergeUndo():
            return f"merge {change.merge_key}"
        case CardBlock():
            return f"card {_last4(change.card_number)}"
        case PhoneBlock():
            return f"phone {mask_digits(change.phone)}"
        case PhoneTie():
            return f"phone {mask_digits(change.phone)}, customer {change.customer_id}"


def _last4(card_number: str) -> str:
    return mask_digits(card_number).lstrip("*")
