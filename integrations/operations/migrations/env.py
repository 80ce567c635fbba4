"""What alembic runs: over the connection that `integrations.operations.schema` opened."""

from __future__ import annotations

from integrations.operations.schema import VERSION_TABLE
from integrations.operations.tables import Base
from integrations.sql_migrations import run_migrations

run_migrations(Base.metadata, VERSION_TABLE)
