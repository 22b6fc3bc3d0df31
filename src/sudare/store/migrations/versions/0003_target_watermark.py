"""Office PCs whose picture carries a watermark."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """None does, until somebody says so."""
    op.add_column("target", sa.Column("watermark", sa.Boolean(), nullable=False, server_default=sa.false()))
