"""Office PCs that may be heard."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """None may, until somebody says so."""
    op.add_column("target", sa.Column("sound", sa.Boolean(), nullable=False, server_default=sa.false()))
