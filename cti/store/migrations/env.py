"""Alembic's way in. Migrations run on the connection that cti.store.database opened, in its transaction."""

from alembic import context

from cti.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
