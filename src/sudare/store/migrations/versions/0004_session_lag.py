"""What sessions measured of lag."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
_MEASURED = ("total", "device", "line", "gateway", "connector", "office")


def upgrade() -> None:
    """One row a session; it goes with the session."""
    quantiles = [
        sa.Column(f"{name}_{quantile}", sa.Integer(), nullable=False)
        for name in _MEASURED
        for quantile in ("p50", "p95")
    ]
    op.create_table(
        "session_lag",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        *quantiles,
        sa.ForeignKeyConstraint(["session"], ["session.id"], name=op.f("fk_session_lag_session"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_session_lag_tenant")),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_session_lag")),
    )
