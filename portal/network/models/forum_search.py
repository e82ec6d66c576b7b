"""The search index of the forum: posts that are shown, apart from what people read."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.network.models import forum as forum_models

assert forum_models  # noqa: S101 - imported so that its tables are known


class ForumEntry(Base):
    """One post that is shown, as the search knows it; its key is the post's.

    ``search_text`` holds words and stems between spaces, those of the thread's title behind "a" and
    those of the post behind "b"; triggers keep the full-text index like it. Names of people and of
    employers are not in it.
    """

    __tablename__ = "forum_entries"

    id: Mapped[int] = mapped_column(
        ForeignKey("forum_posts.id"), primary_key=True, autoincrement=False
    )
    search_text: Mapped[str] = mapped_column(Text())
