"""What alembic runs: over the connection that `integrations.operations.schema` opened."""

from __future__ import annotations

from alembic import context

from integrations.operations.schema import VERSION_TABLE
from integrations.operations.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
