"""Table of operations. The migrations build the same one; a test compares them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from integrations.sql_columns import NAMING_CONVENTION, CleanText, UtcDateTime


class Base(DeclarativeBase):
    """Declarative base of the operations' table."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class OperationRow(Base):
    """One operation.

    `content` holds card numbers, phones, names and birth dates, which are needed to send it. It is erased in the same
    transaction that notes the outcome, usually within a second, and after an outage of the loyalty system when that is
    over; until then it is on the database's disk in clear. SQLite may keep erased bytes in free space of its file.
    """

    __tablename__ = "operations"

    key: Mapped[str] = mapped_column(CleanText, primary_key=True)
    call_id: Mapped[str] = mapped_column(CleanText, index=True)
    kind: Mapped[str] = mapped_column(CleanText)
    summary: Mapped[str] = mapped_column(CleanText)
    content: Mapped[str | None] = mapped_column(CleanText)
    after_key: Mapped[str | None] = mapped_column(CleanText)
    state: Mapped[str] = mapped_column(CleanText)
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    fault: Mapped[str | None] = mapped_column(CleanText)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(CleanText)
    customer_id: Mapped[str | None] = mapped_column(CleanText)
    undo_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_operations_state_due_at", "state", "due_at"),)
