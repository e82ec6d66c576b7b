"""Whether what a kept page shows has changed: a stamp for each table that visitors' pages read.

A stamp is drawn anew in the transaction that writes to its table, so whoever sees the change sees
the new stamp too, in every process and on every machine. It is drawn and not counted: a database
that is put back to an earlier state has the stamps of that state, never those of another one.

Which tables a page reads and which a transaction writes to is seen in the statements; see
``tables_seen``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import String, UniqueConstraint, event, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base
from portal.db.session import PortalSession, current_session
from portal.db.tables_seen import TOUCHED

# What pages for visitors are made of. A page that reads anything else is not kept. Tables that are
# written to with every answer of a diagnostic or every contact are not here: each write to one of
# these moves its stamp, which holds up others who move the same one until it is committed.
SHOWN: Final = frozenset(
    {
        *("resources", "resource_versions", "resource_tags", "resource_files", "resource_ratings"),
        *("library_entries", "programme_settings", "employers", "employer_sites", "organisations"),
        *("network_members", "network_consents", "events", "event_series", "event_registrations"),
        *("award_rounds", "awards", "champions"),
    }
)


class ShownStamp(Base):
    """The stamp of one table; none where nothing was written to it yet."""

    __tablename__ = "shown_stamps"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(60))
    stamp: Mapped[str] = mapped_column(String(32))


_stamps: Any = ShownStamp.__table__
_INSERT: Final = text(
    "INSERT INTO shown_stamps (name, stamp) VALUES (:name, :stamp) "
    "ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp"
)


def stamps() -> Mapping[str, str]:
    """The stamps as they are now. Read before what they speak for, never after."""
    rows = current_session().execute(select(_stamps.c.name, _stamps.c.stamp))
    return {str(name): str(stamp) for name, stamp in rows}


@event.listens_for(PortalSession, "before_commit", insert=True)
def _draw_before_commit(session: PortalSession) -> None:
    # Ahead of the audit trail's head, which is the last lock taken; in one order, so that two who
    # write to the same tables wait for each other and not in a circle.
    if not session.writing or session.in_nested_transaction():
        return
    session.flush()
    connection = session.connection()
    touched: set[str] | None = connection.get_execution_options().get(TOUCHED)
    for name in sorted((touched or set()) & SHOWN):
        drawn = {"name": name, "stamp": secrets.token_hex(8)}
        moved = connection.execute(
            update(_stamps).where(_stamps.c.name == name).values(stamp=drawn["stamp"])
        )
        if not moved.rowcount:
            connection.execute(_INSERT, drawn)
    if touched:
        touched.clear()
