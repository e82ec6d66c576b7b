"""The search index of the library: what readers can find, apart from what they read."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base
from portal.toolkit.models import resources as resources_models
from portal.toolkit.rules.words import TITLE_LENGTH

assert resources_models  # noqa: S101 - imported so that its table is known


class SearchEntry(Base):
    """One published resource as the search knows it; its key is the resource's.

    ``search_text`` holds words and stems between spaces, each behind the letter of the place where
    it stands (see ``rules.search_words.indexed``); triggers keep the full-text index like it.
    ``facets`` is a number whose bits say for whom it is (``rules.search_facets``); ``sorted_by``
    puts the library in order.
    """

    __tablename__ = "library_entries"
    __table_args__ = (Index("ix_library_entries_sorted_by", "sorted_by", "id", "facets"),)

    id: Mapped[int] = mapped_column(
        ForeignKey("resources.id"), primary_key=True, autoincrement=False
    )
    facets: Mapped[int] = mapped_column(BigInteger())
    sorted_by: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    search_text: Mapped[str] = mapped_column(Text())
