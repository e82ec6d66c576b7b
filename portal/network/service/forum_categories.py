"""Bringing in the parts of the forum, and its search index anew."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from portal.db import audit, current_session
from portal.network.models import ForumCategory, ForumEntry, ForumThread
from portal.network.queries import forum_changes as found
from portal.network.rules.forum_categories import CategorySeed
from portal.network.service.forum_keeping import keep_thread


def load(seeds: Sequence[CategorySeed]) -> int:
    """Add new parts and bring known ones up to date; how many changed. None is ever taken away."""
    session = current_session()
    changed = 0
    for position, seed in enumerate(seeds):
        row = found.category_of(seed.slug)
        values = {
            "title": seed.title,
            "about": seed.about,
            "dimension": seed.dimension,
            "sector": seed.sector,
            "position": position,
        }
        if row is None:
            session.add(ForumCategory(slug=seed.slug, **values))
        elif all(getattr(row, name) == value for name, value in values.items()):
            continue
        else:
            for name, value in values.items():
                setattr(row, name, value)
        changed += 1
        audit.record(action="network.forum_category", subject=f"forum_category:{seed.slug}")
    session.flush()
    return changed


def rebuild() -> int:
    """Count every thread and make the search index anew; how many threads there are."""
    session = current_session()
    session.execute(delete(ForumEntry))
    threads = session.scalars(select(ForumThread).order_by(ForumThread.id).with_for_update()).all()
    for thread in threads:
        keep_thread(thread)
    return len(threads)
