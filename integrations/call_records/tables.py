"""Tables of call records. The migrations build the same ones; a test compares them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from integrations.sql_columns import NAMING_CONVENTION, CleanText, UtcDateTime


class Base(DeclarativeBase):
    """Declarative base of the call records' tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


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
