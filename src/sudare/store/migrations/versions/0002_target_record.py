"""Office PCs whose sessions are to be recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """None is, until somebody says so."""
    op.add_column("target", sa.Column("record", sa.Boolean(), nullable=False, server_default=sa.false()))
