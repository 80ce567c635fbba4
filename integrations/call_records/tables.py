"""Tables of call records. The migrations build the same ones; a test compares them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Double, ForeignKey, Index, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite, which knows no time zones, gets it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC.

        Raises:
            ValueError: the time names no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored time its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text without what databases refuse: zero bytes and halves of surrogate pairs, as broken input may carry."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Put «�» in place of a zero byte, and «?» in place of half a pair."""
        if value is None:
            return None
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


class Base(DeclarativeBase):
    """Declarative base of the call records' tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CallRow(Base):
    """One call."""

    __tablename__ = "calls"

    call_id: Mapped[str] = mapped_column(CleanText, primary_key=True)
    channel: Mapped[str] = mapped_column(CleanText)
    caller_number: Mapped[str | None] = mapped_column(CleanText)
    dialled_number: Mapped[str] = mapped_column(CleanText)
    bundle: Mapped[str] = mapped_column(CleanText)
    worker: Mapped[str] = mapped_column(CleanText)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    outcome: Mapped[str] = mapped_column(CleanText)
    reason: Mapped[str | None] = mapped_column(CleanText)
    topic: Mapped[str | None] = mapped_column(CleanText)
    queue: Mapped[str | None] = mapped_column(CleanText)
    customer_id: Mapped[str | None] = mapped_column(CleanText)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agent: Mapped[str | None] = mapped_column(CleanText)
    agent_connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    turns: Mapped[list[CallTurnRow]] = relationship(order_by="CallTurnRow.position", lazy="raise")

    __table_args__ = (Index("ix_calls_worker_outcome", "worker", "outcome"),)


class CallTurnRow(Base):
    """One thing said or done in a call."""

    __tablename__ = "call_turns"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_seconds: Mapped[float] = mapped_column(Double)
    who: Mapped[str] = mapped_column(CleanText)
    kind: Mapped[str] = mapped_column(CleanText)
    text: Mapped[str] = mapped_column(CleanText)
    step: Mapped[str | None] = mapped_column(CleanText)
    response_gap_seconds: Mapped[float | None] = mapped_column(Double)
