"""Accounts that end: what hangs on them is deleted, their names go wherever they stand."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, update

from portal.accounts import service as accounts
from portal.db import current_session
from portal.governance.queries.anchors import table_of
from portal.governance.rules.holdings import holdings
from portal.governance.rules.retention import REMOVED_NAME
from portal.governance.service.forum_names import take_people_out

# What only makes sense with a person behind it, by the column that leads to the person.
BELONGINGS = (
    ("memberships", "user_id"),
    ("user_sessions", "user_id"),
    ("linked_accounts", "user_id"),
    ("webauthn_credentials", "user_id"),
    ("staff_posts", "user_id"),
    ("report_subscriptions", "user_id"),
    ("employer_join_requests", "user_id"),
    ("forum_subscriptions", "user_id"),
    ("forum_promises", "user_id"),
    ("forum_helpful", "user_id"),
    ("adviser_preferences", "user_id"),
    ("users_roles", "user_id"),
)


def close_accounts(user_ids: Collection[int]) -> dict[str, int]:
    """Delete what hangs on these accounts and take their names off; counts by table.

    The accounts' own rows are emptied by the caller; from now on nobody signs in to them.
    """
    session = current_session()
    counts: dict[str, int] = {}
    take_people_out(user_ids)
    accounts.end_links(user_ids=user_ids, why="erased")
    for name, column in BELONGINGS:
        table = table_of(name)
        gone = session.execute(delete(table).where(table.c[column].in_(user_ids)))
        counts[name] = gone.rowcount  # type: ignore[attr-defined]
    users = table_of("users")
    session.execute(update(users).where(users.c.id.in_(user_ids)).values(active=False))
    for holding in holdings().tables.values():
        if holding.lasts:
            # Who proved what stays as long as the proof does, and goes with it.
            continue
        for one in holding.emptied:
            if one.kind == "name" and one.of is not None:
                table = table_of(holding.name)
                named = session.execute(
                    update(table)
                    .where(table.c[one.of].in_(user_ids), table.c[one.name] != "")
                    .values(**{one.name: REMOVED_NAME})
                )
                counts[holding.name] = counts.get(holding.name, 0) + named.rowcount  # type: ignore[attr-defined]
    return {name: count for name, count in counts.items() if count}
