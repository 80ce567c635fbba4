"""What alembic runs: over the connection that `integrations.call_records.schema` opened."""

from __future__ import annotations

from integrations.call_records.schema import VERSION_TABLE
from integrations.call_records.tables import Base
from integrations.sql_migrations import run_migrations

run_migrations(Base.metadata, VERSION_TABLE)
