"""What the sandbox does with a change, and when it refuses one; where rows come from is the ledger's matter."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Protocol

from integrations.loyalty.port import (
    Activation,
    Card,
    CardBlock,
    CardState,
    Change,
    Done,
    Merge,
    MergePreview,
    MergeUndo,
    Outcome,
    PhoneBlock,
    PhoneTie,
    Refusal,
    Refused,
)
from integrations.loyalty.sandbox.tables import Base, CardRow, CustomerRow, MergeRow, PhoneRow

MOST_PHONES = 20
MOST_CARDS = 50


class Ledger(Protocol):
    """The rows of one transaction. What is changed in a row that was handed out is kept when it is committed."""

    async def card(self, number: str) -> CardRow | None:
        """Find a card."""

    async def cards_of(self, customer_id: str) -> list[CardRow]:
        """List a customer's cards in order of their numbers."""

    async def customer(self, customer_id: str) -> CustomerRow | None:
        """Find a customer."""

    async def phone(self, number: str) -> PhoneRow | None:
        """Find whom a phone leads to."""

    async def count_phones(self, customer_id: str) -> int:
        """Count a customer's phones."""

    async def namesakes(self, first_name: str, last_name: str, birth_date: date) -> list[CustomerRow]:
        """Find customers of this name who were born that day."""

    async def merge(self, key: str) -> MergeRow | None:
        """Find a merge that was carried out."""

    async def add(self, row: Base) -> None:
        """Keep a new row."""


class Rules:
    """The programme's rules, on one day and at one moment."""

    def __init__(self, ledger: Ledger, today: date, now: datetime, undo_window: timedelta) -> None:
        self._ledger = ledger
        self._today = today
        self._now = now  # aware, UTC
        self._undo_window = undo_window

    async def carry_out(self, key: str, change: Change) -> Outcome:
        """Make a change, or refuse and leave everything as it is."""
        match change:
            case Activation():
                return await self._activate(key, change)
            case Merge():
                return await self._merge(key, change)
            case MergeUndo(merge_key):
                return await self._undo(merge_key)
            case CardBlock():
                return await self._block_card(change)
            case PhoneBlock(phone):
                return await self._block_all(phone)
            case PhoneTie(customer_id, phone):
                return await self._tie(customer_id, phone)

    async def preview(self, merge: Merge) -> MergePreview | Refused:
        """Tell what a merge would do."""
        found = await self._mergeable(merge)
        if isinstance(found, Refusal):
            return Refused(found)
        kept, merged = (card_of(row, self._today) for row in found)
        return MergePreview(kept, merged, _sum(kept, merged), round(self._undo_window.total_seconds()))

    async def _activate(self, key: str, change: Activation) -> Outcome:
        card = await self._ledger.card(change.card_number)
        if card is None:
            return Refused(Refusal.UNKNOWN_CARD)
        phone = await self._ledger.phone(change.phone)
        caller = None if phone is None else await self._ledger.customer(phone.customer_id)
        if card.customer_id is not None and (caller is None or card.customer_id != caller.id):
            holder = await self._ledger.customer(card.customer_id)
            if caller is None and holder is not None and holder.birth_date == change.birth_date:
                return Refused(Refusal.KNOWN_BY_OTHER_PHONE)
            return Refused(Refusal.CARD_OF_ANOTHER)
        if caller is not None and caller.birth_date not in (None, change.birth_date):
            return Refused(Refusal.PERSON_DIFFERS)
        match card.state:
            case CardState.ACTIVE:
                return Refused(Refusal.ALREADY_ACTIVE)
            case CardState.BLOCKED:
                return Refused(Refusal.CARD_BLOCKED)
            case CardState.MERGED:
                return Refused(Refusal.CARD_MERGED)
            case CardState.ISSUED:
                pass
        if caller is None:
            if change.last_name is not None and await self._ledger.namesakes(
                change.first_name, change.last_name, change.birth_date
            ):
                return Refused(Refusal.KNOWN_BY_OTHER_PHONE)
            caller = await self._new_customer(key, change)
        elif card.customer_id is None and len(await self._ledger.cards_of(caller.id)) >= MOST_CARDS:
            return Refused(Refusal.TOO_MANY)
        caller.birth_date = change.birth_date
        card.customer_id = caller.id
        card.state = CardState.ACTIVE
        return Done(caller.id, (card_of(card, self._today),))

    async def _new_customer(self, key: str, change: Activation) -> CustomerRow:
        customer = CustomerRow(
            id=f"c-{hashlib.sha256(key.encode()).hexdigest()[:16]}",
            first_name=change.first_name,
            patronymic=change.patronymic,
            last_name=change.last_name,
            birth_date=change.birth_date,
        )
        await self._ledger.add(customer)
        await self._ledger.add(PhoneRow(number=change.phone, customer_id=customer.id))
        return customer

    async def _mergeable(self, merge: Merge) -> tuple[CardRow, CardRow] | Refusal:
        if merge.kept_card == merge.merged_card:
            return Refusal.SAME_CARD
        kept, merged = await self._ledger.card(merge.kept_card), await self._ledger.card(merge.merged_card)
        if kept is None or merged is None:
            return Refusal.UNKNOWN_CARD
        owners = {kept.customer_id, merged.customer_id}
        if None in owners:
            return Refusal.CARD_NOT_ACTIVE
        if owners != {merge.customer_id}:
            return Refusal.DIFFERENT_PEOPLE
        if CardState.MERGED in (kept.state, merged.state):
            return Refusal.CARD_MERGED
        if CardState.ISSUED in (kept.state, merged.state):
            return Refusal.CARD_NOT_ACTIVE
        if kept.state is CardState.BLOCKED:
            return Refusal.CARD_BLOCKED
        return kept, merged

    async def _merge(self, key: str, merge: Merge) -> Outcome:
        found = await self._mergeable(merge)
        if isinstance(found, Refusal):
            return Refused(found)
        kept, merged = found
        for card in found:
            _forget_expired(card, self._today)
        undo_until = self._now + self._undo_window
        await self._ledger.add(
            MergeRow(
                key=key,
                customer_id=merge.customer_id,
                kept_card=kept.number,
                kept_expiring=kept.points_expiring,
                kept_expires_on=kept.expires_on,
                merged_card=merged.number,
                merged_state=merged.state.value,
                merged_points=merged.points,
                merged_pending=merged.points_pending,
                merged_expiring=merged.points_expiring,
                merged_expires_on=merged.expires_on,
                undo_until=undo_until.replace(tzinfo=None),
                undone=False,
            )
        )
        after = _sum(card_of(kept, self._today), card_of(merged, self._today))
        kept.points, kept.points_pending = after.points, after.points_pending
        kept.points_expiring, kept.expires_on = after.points_expiring, after.expires_on
        merged.state = CardState.MERGED
        merged.points = merged.points_pending = merged.points_expiring = 0
        merged.expires_on = None
        return self._done(merge.customer_id, [kept, merged], undo_until)

    async def _undo(self, merge_key: str) -> Outcome:
        done = await self._ledger.merge(merge_key)
        if done is None:
            return Refused(Refusal.UNKNOWN_MERGE)
        if done.undone:
            return Refused(Refusal.ALREADY_UNDONE)
        if self._now.replace(tzinfo=None) > done.undo_until:
            return Refused(Refusal.UNDO_WINDOW_OVER)
        kept, merged = await self._ledger.card(done.kept_card), await self._ledger.card(done.merged_card)
        if kept is None or merged is None or kept.state is CardState.MERGED:
            return Refused(Refusal.CARD_MERGED)
        if kept.points < done.merged_points or kept.points_pending < done.merged_pending:
            return Refused(Refusal.POINTS_SPENT)
        kept.points -= done.merged_points
        kept.points_pending -= done.merged_pending
        kept.points_expiring = min(done.kept_expiring, kept.points)
        kept.expires_on = done.kept_expires_on if kept.points_expiring else None
        merged.state = CardState(done.merged_state)
        merged.points, merged.points_pending = done.merged_points, done.merged_pending
        merged.points_expiring, merged.expires_on = done.merged_expiring, done.merged_expires_on
        done.undone = True
        return self._done(done.customer_id, [kept, merged])

    async def _block_card(self, change: CardBlock) -> Outcome:
        card = await self._ledger.card(change.card_number)
        holder = None
        if card is not None and card.customer_id is not None:
            holder = await self._ledger.customer(card.customer_id)
        if change.birth_date is not None and (holder is None or holder.birth_date != change.birth_date):
            return Refused(Refusal.UNKNOWN_CARD)
        if card is None:
            return Refused(Refusal.UNKNOWN_CARD)
        if holder is None:
            return Refused(Refusal.CARD_NOT_ACTIVE)
        if card.state is CardState.MERGED:
            return Refused(Refusal.CARD_MERGED)
        if card.state is CardState.BLOCKED:
            return Refused(Refusal.ALREADY_BLOCKED)
        card.state = CardState.BLOCKED
        return self._done(holder.id, [card])

    async def _block_all(self, phone: str) -> Outcome:
        found = await self._ledger.phone(phone)
        if found is None:
            return Refused(Refusal.UNKNOWN_CUSTOMER)
        cards = await self._ledger.cards_of(found.customer_id)
        working = [card for card in cards if card.state in (CardState.ACTIVE, CardState.ISSUED)]
        if not working:
            has_blocked = any(card.state is CardState.BLOCKED for card in cards)
            return Refused(Refusal.ALREADY_BLOCKED if has_blocked else Refusal.NO_CARDS)
        for card in working:
            card.state = CardState.BLOCKED
        return self._done(found.customer_id, working)

    async def _tie(self, customer_id: str, phone: str) -> Outcome:
        if await self._ledger.customer(customer_id) is None:
            return Refused(Refusal.UNKNOWN_CUSTOMER)
        found = await self._ledger.phone(phone)
        if found is not None and found.customer_id != customer_id:
            return Refused(Refusal.PHONE_OF_ANOTHER)
        if found is None:
            if await self._ledger.count_phones(customer_id) >= MOST_PHONES:
                return Refused(Refusal.TOO_MANY)
            await self._ledger.add(PhoneRow(number=phone, customer_id=customer_id))
        return Done(customer_id, ())

    def _done(self, customer_id: str, cards: list[CardRow], undo_until: datetime | None = None) -> Done:
        return Done(customer_id, tuple(card_of(card, self._today) for card in cards), undo_until)


def card_of(row: CardRow, today: date) -> Card:
    """Tell a card's state as of `today`: what expired before is gone."""
    expired = row.expires_on is not None and row.expires_on < today
    return Card(
        number=row.number,
        state=row.state,
        points=row.points - row.points_expiring if expired else row.points,
        points_pending=row.points_pending,
        points_expiring=0 if expired else row.points_expiring,
        expires_on=None if expired else row.expires_on,
    )


def _forget_expired(row: CardRow, today: date) -> None:
    card = card_of(row, today)
    row.points, row.points_expiring, row.expires_on = card.points, card.points_expiring, card.expires_on


def _sum(kept: Card, merged: Card) -> Card:
    """Add up. A card tells of one day of expiry: the nearer one; points of the later day no longer expire."""
    days = [card.expires_on for card in (kept, merged) if card.expires_on is not None]
    nearest = min(days, default=None)
    return Card(
        number=kept.number,
        state=kept.state,
        points=kept.points + merged.points,
        points_pending=kept.points_pending + merged.points_pending,
        points_expiring=sum(
            card.points_expiring
            for card in (kept, merged)
            if card.expires_on is not None and card.expires_on == nearest
        ),
        expires_on=nearest,
    )
