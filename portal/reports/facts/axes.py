"""The ways in which facts are grouped."""

from __future__ import annotations

from typing import Final

from portal.reports.facts.definition import Axis, Watch
from portal.reports.facts.dialect import Sql

UNKNOWN: Final = "unknown"
ALL: Final = Axis("all", "''")


def employer(alias: str) -> Axis:
    """By sector, size tier and district, out of columns of those names."""
    return groups(f"{alias}.sector", f"{alias}.size_tier", f"{alias}.district")


def groups(sector: str, size: str, district: str) -> Axis:
    """By sector, size tier and district; what is not known is a group of its own."""
    shown = (f"coalesce(nullif({part}, ''), '{UNKNOWN}')" for part in (sector, size, district))
    return Axis("employer", *shown)


def provider(sql: Sql, organisation_id: str) -> Axis:
    """By provider: the organisation's id as text, or nothing where there is none."""
    return Axis("provider", f"coalesce({sql.text(organisation_id)}, '')")


def source(kind: str) -> Axis:
    """By the kind of organisation that referred."""
    return Axis("source", f"coalesce({kind}, '{UNKNOWN}')")


EMPLOYER_COLUMNS: Final = ("sector", "size_tier", "district")


def joined_employer() -> Watch:
    """The employer that a fact's row is joined to, as ``e``."""
    return Watch("employers", "e.id = {row}.id", EMPLOYER_COLUMNS, added=False)


def joined_case() -> Watch:
    """The case that a fact's row is joined to, as ``c``."""
    return Watch(
        "cases", "c.id = {row}.id", ("employer_id", "organisation_id", "source_id"), added=False
    )
