"""An erasure is proposed by one and done by another, and answers what the person asked.

More classes of records end (requests about data, breaches, copies, the forum), and keys of promised
mail hold no addresses.
"""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument

revision = "038_erasure_by_two"
down_revision = "037_score_counts"
branch_labels = None
depends_on = None

_TABLE = "erasure_requests"
_NEW_CLASSES = {"rights": 72, "breaches": 72, "copies": 12, "forum": 60}


def upgrade() -> None:
    moment = "TIMESTAMP WITH TIME ZONE" if _is_postgresql() else "DATETIME"
    # Written out: SQLite takes a constraint with a new column, and none for a table that is there.
    to_request = f"CONSTRAINT fk_{_TABLE}_rights_request_id REFERENCES rights_requests (id)"
    to_user = f"CONSTRAINT fk_{_TABLE}_proposed_by REFERENCES users (id)"
    two = "state <> 'done' OR proposed_by IS NULL OR ended_by <> proposed_by"
    for column in (
        f"rights_request_id INTEGER {to_request}",
        f"proposed_at {moment}",
        f"proposed_by INTEGER {to_user} CONSTRAINT ck_{_TABLE}_two_people CHECK ({two})",
        "proposed_name VARCHAR(120) DEFAULT '' NOT NULL",
    ):
        op.execute(f"ALTER TABLE {_TABLE} ADD COLUMN {column}")
    op.create_index(f"ix_{_TABLE}_rights_request_id", _TABLE, ["rights_request_id"])
    _periods(add=True)
    _hide_addresses()


def downgrade() -> None:
    # Addresses do not come back into the keys of promises: a key is only compared with itself.
    _periods(add=False)
    op.drop_index(f"ix_{_TABLE}_rights_request_id", _TABLE)
    for column in ("proposed_name", "proposed_by", "proposed_at", "rights_request_id"):
        op.execute(f"ALTER TABLE {_TABLE} DROP COLUMN {column}")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _periods(*, add: bool) -> None:
    """Periods that were set by somebody name every class, and no other."""
    table = sa.table(
        "programme_settings",
        sa.column("id", sa.Integer()),
        sa.column("key", sa.String()),
        sa.column("value", JsonDocument()),
    )
    bind = op.get_bind()
    rows = bind.execute(
        sa.select(table.c.id, table.c.value).where(table.c.key == "retention_months")
    ).all()
    for key, value in rows:
        kept = {name: months for name, months in value.items() if name not in _NEW_CLASSES}
        changed = {**kept, **_NEW_CLASSES} if add else kept
        bind.execute(sa.update(table).where(table.c.id == key).values(value=changed))


def _hide_addresses() -> None:
    table = sa.table("outbox", sa.column("id", sa.Integer()), sa.column("unique_key", sa.String()))
    bind = op.get_bind()
    rows = bind.execute(
        sa.select(table.c.id, table.c.unique_key).where(table.c.unique_key.like("%@%"))
    ).all()
    for key, unique_key in rows:
        values = {"unique_key": without_address(unique_key)}
        bind.execute(sa.update(table).where(table.c.id == key).values(values))


def without_address(unique_key: str) -> str:
    """A key with the mark of the address that it ends in, as the portal writes them from now on."""
    stem, _, address = unique_key.rpartition(":")
    mark = sha256(f"{stem}:{address.strip().lower()}".encode()).hexdigest()[:32]
    return f"{stem}:{mark}"
