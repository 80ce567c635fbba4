"""The loyalty port: customers, cards and points, and what can be changed about them, as the line needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol

OPERATION_KEY = re.compile(r"[A-Za-z0-9-]{16,64}", re.ASCII)
"""What the key of a change looks like."""


class LoyaltyError(Exception):
    """The loyalty system did not do what was asked. `retryable` says whether a later try makes sense."""

    retryable = False


class LoyaltyUnavailable(LoyaltyError):
    """Down, unreachable, or answering with a server error."""

    retryable = True


class LoyaltyTimeout(LoyaltyUnavailable):
    """No answer within the time limit."""


class LoyaltyGarbage(LoyaltyError):
    """An answer that does not fit the contract; never shown to the caller as data.

    After a change it says nothing about whether the change was carried out: only the same key can tell.
    """


class LoyaltyKeyConflict(LoyaltyError):
    """The operation key was used before, with another content: a fault of ours; nothing was carried out."""


class CardState(StrEnum):
    """Life of a loyalty card."""

    ISSUED = "issued"  # handed out, not yet activated
    ACTIVE = "active"
    BLOCKED = "blocked"
    MERGED = "merged"  # its points live on another card


@dataclass(frozen=True, slots=True)
class Card:
    """One card with its points."""

    number: str  # digits only
    state: CardState
    points: int  # whole points, spendable now
    points_pending: int  # earned, not yet spendable
    points_expiring: int  # part of `points` that expires on `expires_on`
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A person of the loyalty programme."""

    id: str
    first_name: str
    patronymic: str | None
    last_name: str | None  # None when it was never given, as with a card activated by voice
    phones: tuple[str, ...]  # E.164, e.g. "+79160000001"
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Activation:
    """Make an issued card work for the person who holds it, with a new profile or in the one the phone leads to."""

    card_number: str = field(repr=False)
    phone: str = field(repr=False)  # E.164
    first_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    consented_at: datetime  # when the caller agreed to the processing of their data; aware
    patronymic: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    kind: Literal["activation"] = "activation"


@dataclass(frozen=True, slots=True)
class Merge:
    """Move the points of one card to another card of the same person; the first one works no more.

    The sum is not part of it: what is on the cards when it is carried out moves, also when somebody bought bread
    between the preview and then.
    """

    customer_id: str  # whose cards both must be
    kept_card: str = field(repr=False)  # active
    merged_card: str = field(repr=False)  # active, or blocked: points of a lost card move to its successor
    kind: Literal["merge"] = "merge"


@dataclass(frozen=True, slots=True)
class MergeUndo:
    """Take a merge back: both cards are as they were, but for points earned since, which stay on the kept one."""

    merge_key: str  # operation key of the merge
    kind: Literal["merge_undo"] = "merge_undo"


@dataclass(frozen=True, slots=True)
class CardBlock:
    """Block one card. Its points stay on it, and can be moved to another card by a merge."""

    card_number: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)  # proof, checked when given: of callers nobody verified
    kind: Literal["card_block"] = "card_block"


@dataclass(frozen=True, slots=True)
class PhoneBlock:
    """Block every issued and active card of the person whom a phone leads to: for who does not know the number."""

    phone: str = field(repr=False)  # E.164
    kind: Literal["phone_block"] = "phone_block"


@dataclass(frozen=True, slots=True)
class PhoneTie:
    """Let a phone lead to a customer, beside the phones they have. Only after the caller has been verified."""

    customer_id: str
    phone: str = field(repr=False)  # E.164
    kind: Literal["phone_tie"] = "phone_tie"


Change = Activation | Merge | MergeUndo | CardBlock | PhoneBlock | PhoneTie


class Refusal(StrEnum):
    """Why the loyalty system refused.

    These are facts for the dialogue and the agent, not all of them for the caller: to somebody who is not verified,
    `UNKNOWN_CARD`, `CARD_OF_ANOTHER` and `PERSON_DIFFERS` must sound alike.
    """

    UNKNOWN_CARD = "unknown_card"  # also when the birth date given as proof is not the holder's
    CARD_OF_ANOTHER = "card_of_another"
    ALREADY_ACTIVE = "already_active"  # and of this very person
    ALREADY_BLOCKED = "already_blocked"
    CARD_BLOCKED = "card_blocked"
    CARD_MERGED = "card_merged"
    CARD_NOT_ACTIVE = "card_not_active"
    SAME_CARD = "same_card"
    DIFFERENT_PEOPLE = "different_people"  # cards of two profiles: for an agent
    PERSON_DIFFERS = "person_differs"  # the phone leads to somebody with another birth date
    KNOWN_BY_OTHER_PHONE = "known_by_other_phone"  # verify the person, tie the phone, then activate under a new key
    PHONE_OF_ANOTHER = "phone_of_another"
    UNKNOWN_CUSTOMER = "unknown_customer"
    NO_CARDS = "no_cards"
    TOO_MANY = "too_many"  # phones or cards in one profile
    UNKNOWN_MERGE = "unknown_merge"
    ALREADY_UNDONE = "already_undone"
    UNDO_WINDOW_OVER = "undo_window_over"
    POINTS_SPENT = "points_spent"  # fewer points are left on the kept card than would have to go back


@dataclass(frozen=True, slots=True)
class Done:
    """A change was carried out, now or at an earlier try with the same key."""

    customer_id: str
    cards: tuple[Card, ...]  # those that it touched, as they were after it; of a merge, the kept one first
    undo_until: datetime | None = None  # of a merge; aware, UTC


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, and nothing will be under this key."""

    reason: Refusal


Outcome = Done | Refused


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do if it were carried out now."""

    kept: Card
    merged: Card
    after: Card  # the kept card after the merge
    undo_seconds: int  # how long it could be taken back


class LoyaltySystem(Protocol):
    """What the line asks of the loyalty system. All calls have a time limit; reading calls are retried once.

    Changes are sent once: who sends them tries again, with the same key, until there is an outcome.
    """

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """Find a customer by E.164 number; None when nobody has it.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage
        """

    async def customer_by_card(self, card_number: str, birth_date: date) -> Customer | None:
        """Find a customer by card number, proved by the birth date.

        None means «no such card» and «not this person's» alike: the two must not be told apart.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage
        """

    async def customer_by_id(self, customer_id: str) -> Customer | None:
        """Read a customer again, with all cards as they are now.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage
        """

    async def preview_merge(self, merge: Merge) -> MergePreview | Refused:
        """Tell what a merge would do, or why it would be refused; changes nothing.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage
        """

    async def carry_out(self, key: str, change: Change) -> Outcome:
        """Make a change under its operation key, see `OPERATION_KEY`.

        The same key with the same change gives the same outcome and is carried out once, however often it is sent.
        An error leaves open whether the change was carried out; send it again.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage, LoyaltyKeyConflict
        """

    async def close(self) -> None:
        """Release connections."""
