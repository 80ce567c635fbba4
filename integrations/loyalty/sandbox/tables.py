"""Tables of the sandbox. Their names carry a prefix, since a sandbox that is refilled drops them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, Enum, ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from integrations.loyalty.port import CardState


class Base(DeclarativeBase):
    """Base of all sandbox tables."""


class CustomerRow(Base):
    """A person of the programme."""

    __tablename__ = "loyalty_sandbox_customers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    first_name: Mapped[str] = mapped_column(String(100))
    patronymic: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    birth_date: Mapped[date | None]
    phones: Mapped[list[PhoneRow]] = relationship(order_by="PhoneRow.number", lazy="raise")
    cards: Mapped[list[CardRow]] = relationship(order_by="CardRow.number", lazy="raise")


class PhoneRow(Base):
    """A number that leads to exactly one person."""

    __tablename__ = "loyalty_sandbox_phones"

    number: Mapped[str] = mapped_column(String(16), primary_key=True)  # E.164
    customer_id: Mapped[str] = mapped_column(ForeignKey("loyalty_sandbox_customers.id"), index=True)


class CardRow(Base):
    """A card and what is on it; without an owner until somebody activates it."""

    __tablename__ = "loyalty_sandbox_cards"
    __table_args__ = (
        CheckConstraint("points >= 0 AND points_pending >= 0 AND points_expiring >= 0"),
        CheckConstraint("points_expiring <= points"),
        CheckConstraint("(points_expiring > 0) = (expires_on IS NOT NULL)"),
        CheckConstraint("customer_id IS NOT NULL OR state = 'issued'"),
    )

    number: Mapped[str] = mapped_column(String(19), primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("loyalty_sandbox_customers.id"), index=True)
    state: Mapped[CardState] = mapped_column(
        Enum(CardState, native_enum=False, length=16, values_callable=lambda states: [state.value for state in states])
    )
    points: Mapped[int]
    points_pending: Mapped[int]
    points_expiring: Mapped[int]
    expires_on: Mapped[date | None]


class OperationRow(Base):
    """A change that was asked for, with its answer: the same key is answered the same way for ever."""

    __tablename__ = "loyalty_sandbox_operations"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)  # JSON


class MergeRow(Base):
    """A merge, with what both cards were before it."""

    __tablename__ = "loyalty_sandbox_merges"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(64))
    kept_card: Mapped[str] = mapped_column(String(19))
    kept_expiring: Mapped[int]
    kept_expires_on: Mapped[date | None]
    merged_card: Mapped[str] = mapped_column(String(19))
    merged_state: Mapped[str] = mapped_column(String(16))
    merged_points: Mapped[int]
    merged_pending: Mapped[int]
    merged_expiring: Mapped[int]
    merged_expires_on: Mapped[date | None]
    undo_until: Mapped[datetime] = mapped_column(DateTime)  # UTC, without a zone
    undone: Mapped[bool] = mapped_column(default=False)


class FillingRow(Base):
    """Which tables and people the database was filled from: other ones mean that it must be filled anew."""

    __tablename__ = "loyalty_sandbox_filling"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
