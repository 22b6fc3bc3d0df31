"""
Every table, as SQLAlchemy Core sees it. The migrations make them; tests check that both agree.

INVARIANT: every row belongs to a tenant. Times are Unix seconds.
INVARIANT: tokens are stored as hashes, office passwords as ciphertext.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)

ID = String(64)
HASH = String(64)


def _tenant() -> Column[str]:
    return Column("tenant", ID, ForeignKey("tenant.id"), nullable=False)


def _person(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "person", ID, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True, primary_key=primary_key
    )


def _connector(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "connector", ID, ForeignKey("connector.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


tenant = Table("tenant", metadata, Column("id", ID, primary_key=True), Column("name", Text, nullable=False))

person = Table(
    "person",
    metadata,
    Column("id", ID, primary_key=True),
    _tenant(),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("yomi", Text, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    UniqueConstraint("tenant", "login"),
)

credential = Table(
    "credential",
    metadata,
    Column("id", ID, primary_key=True),
    _tenant(),
    _person(),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("used", Double),
    Column("external", Text, unique=True),
    Column("data", Text, nullable=False),
    Column("counter", BigInteger, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    Column("hash", HASH, primary_key=True),
    _tenant(),
    _person(),
    Column("created", Double, nullable=False),
    Column("seen", Double, nullable=False),
    Column("absolute_until", Double, nullable=False),
    Column("must_set_up", Boolean, nullable=False),
)

invitation = Table(
    "invitation",
    metadata,
    Column("hash", HASH, primary_key=True),
    _tenant(),
    _person(),
    Column("expires", Double, nullable=False),
)

connector = Table(
    "connector",
    metadata,
    Column("id", ID, primary_key=True),
    _tenant(),
    Column("name", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("seal_key", LargeBinary, nullable=False),
    Column("created", Double, nullable=False),
    Column("joined", Double),
    Column("revoked", Double),
    Column("connected", Boolean, nullable=False),
    Column("since", Double, nullable=False),
    Column("schedule", Boolean, nullable=False),
)

join_token = Table(
    "join_token",
    metadata,
    Column("hash", HASH, primary_key=True),
    _tenant(),
    _connector(),
    Column("expires", Double, nullable=False),
)

connector_certificate = Table(
    "connector_certificate",
    metadata,
    _connector(primary_key=True),
    Column("serial", String(64), primary_key=True),
    _tenant(),
    Column("expires", Double, nullable=False),
)

target = Table(
    "target",
    metadata,
    _connector(primary_key=True),
    Column("local", ID, primary_key=True),
    _tenant(),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("offered", Boolean, nullable=False),
    Column("record", Boolean, nullable=False, server_default=false()),
    Column("watermark", Boolean, nullable=False, server_default=false()),
    Column("sound", Boolean, nullable=False, server_default=false()),
)

target_person = Table(
    "target_person",
    metadata,
    Column("connector", ID, primary_key=True),
    Column("local", ID, primary_key=True),
    _person(primary_key=True),
    _tenant(),
    ForeignKeyConstraint(["connector", "local"], ["target.connector", "target.local"], ondelete="CASCADE"),
)

sealed_secret = Table(
    "sealed_secret",
    metadata,
    _person(primary_key=True),
    Column("target", Text, primary_key=True),
    _tenant(),
    Column("account", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("stored", Double, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", ID, primary_key=True),
    _tenant(),
    _person(),
    Column("device", ID, nullable=False),
    Column("target", Text, nullable=False),
    Column("web_session", HASH, nullable=False, index=True),
    Column("started", Double, nullable=False),
    Column("last_used", Double, nullable=False),
)

session_lag = Table(
    "session_lag",
    metadata,
    Column("session", ID, ForeignKey("session.id", ondelete="CASCADE"), primary_key=True),
    _tenant(),
    Column("seen", Double, nullable=False),
    Column("answered", BigInteger, nullable=False),
    *(
        Column(f"{name}_{quantile}", Integer, nullable=False)
        for name in ("total", "device", "line", "gateway", "connector", "office")
        for quantile in ("p50", "p95")
    ),
)

signin_attempt = Table(
    "signin_attempt",
    metadata,
    Column("key", Text, primary_key=True),
    _tenant(),
    Column("level", Double, nullable=False),
    Column("at", Double, nullable=False),
)

revocation = Table(
    "revocation",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _tenant(),
    Column("at", Double, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", ID, nullable=False),
    sqlite_autoincrement=True,
)

flow_used = Table(
    "flow_used",
    metadata,
    Column("id", ID, primary_key=True),
    _tenant(),
    Column("expires", Double, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _tenant(),
    Column("at", Double, nullable=False, index=True),
    Column("kind", String(64), nullable=False),
    Column("actor", ID, nullable=False),
    Column("subject", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev", HASH, nullable=False),
    Column("hash", HASH, nullable=False),
)

audit_head = Table(  # one row: the end of the chain, locked while it grows
    "audit_head",
    metadata,
    Column("tenant", ID, ForeignKey("tenant.id"), nullable=False),
    Column("chain", ID, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", HASH, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("tenant", ID, ForeignKey("tenant.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
