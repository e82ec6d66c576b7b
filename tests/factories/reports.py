"""Reports for tests: a small real one, counted from records, and one with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask

from portal.accounts.models import User
from portal.db import unit_of_work
from portal.kernel.clock import utc_now
from portal.programme import service as programme
from portal.reports.queries.cells import Wanted, counts
from portal.reports.rules.document import (
    Column,
    Drill,
    Figure,
    Picture,
    Report,
    Section,
    Table,
    Unit,
    Withheld,
)
from portal.reports.rules.scope import Scope, View
from portal.reports.service import building
from portal.reports.service.building import Builder
from tests.factories.accounts import make_user, sign_in

KEY = "employers-example"
# What no file and no page may hold: the numbers behind what is withheld.
SECRETS = (73_191, 73_193)


def employers_report(scope: Scope) -> Report:
    """How many employers registered, by sector: two figures and a table from the counts."""
    only = (("kind", {"registered"}), *((("a", {scope.sector}),) if scope.sector else ()))
    rows = counts(Wanted("employer", "employer", ("a",), scope.first_month, scope.last_month, only))
    total = sum(row.n for row in rows)
    return Report(
        key=KEY,
        title="Employers who registered",
        summary="Who came to the portal, by sector.",
        first=scope.first,
        last=scope.last,
        as_at=utc_now(),
        chosen=(("Sector", scope.sector),) if scope.sector else (),
        sections=(
            Section(
                "registered",
                "Employers registered",
                figures=(
                    Figure(
                        "registered",
                        "Employers registered",
                        total,
                        Unit.COUNT,
                        "Employers with an account.",
                        "Once each, on the day they first registered.",
                        "The register of employers",
                        drill=Drill("employers.index"),
                    ),
                ),
                tables=(
                    Table(
                        "sectors",
                        "By sector",
                        (
                            Column("sector", "Sector", Unit.TEXT, "The employer's sector"),
                            Column("n", "Employers", Unit.COUNT, "How many registered"),
                        ),
                        tuple((row.group[0], row.n) for row in rows),
                        ("All", total),
                    ),
                ),
            ),
        ),
    )


@contextmanager
def registered(*extra: Builder, views: frozenset[View] = frozenset(View)) -> Iterator[Builder]:
    """The small report among those there are, and gone again afterwards."""
    before = dict(building._BUILDERS)
    builder = Builder(KEY, "Employers who registered", "Who came.", employers_report, views)
    try:
        for one in (builder, *extra):
            building.register_report(one)
        yield builder
    finally:
        building._BUILDERS.clear()
        building._BUILDERS.update(before)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody signed in, with the organisation they work for (0: none)."""

    user: User
    client: Any
    organisation: int


def person(app: Flask, *roles: str, organisation: str = "") -> Reader:
    """Somebody with these roles in a browser of their own, at a provider of their own."""
    client, key = app.test_client(), 0
    user = make_user(roles=roles)
    if organisation:
        with unit_of_work():
            made = programme.create_organisation(kind="provider", name=organisation).value
            programme.add_post(user_id=user.id, organisation_id=made.id)
            key = made.id
    sign_in(client, user)
    return Reader(user, client, key)


def everything(**changes: Any) -> Builder:
    """A report with one of each, for the time that is asked for."""

    def build(scope: Scope) -> Report:
        return replace(full_report(**changes), first=scope.first, last=scope.last)

    return Builder("everything", "Everything", "One of each.", build, frozenset(View))


def full_report(
    *, label: str = "Retail", months: int = 3, frozen_on: date | None = None, secret: bool = True
) -> Report:
    """Every kind of value and of withholding, a table as wide as wanted, and a picture."""
    hidden = Withheld.SMALL if secret else SECRETS[0]
    beside = Withheld.COMPLEMENT if secret else SECRETS[1]
    wide = tuple(
        Column(f"m{number}", f"Month {number}", Unit.COUNT, f"Sessions in month {number}")
        for number in range(1, months + 1)
    )
    return Report(
        key="everything",
        title="Everything",
        summary="One of each.",
        first=date(2026, 7, 1),
        last=date(2026, 9, 30),
        as_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        chosen=(("Sector", label),),
        frozen_on=frozen_on,
        protected=secret,
        sections=(
            Section("figures", "Figures", "What there is.", figures=_figures(hidden, beside)),
            Section(
                "tables",
                "Tables",
                tables=(_kinds(label, hidden, beside), _wide(label, wide), _empty()),
                pictures=(
                    Picture(
                        "kinds-bars",
                        "bars",
                        "How many, by group",
                        "Of the figures shown, Care is most.",
                        "kinds",
                        {"label": "group", "value": "n"},
                    ),
                ),
                notes=("A note at the end.",),
            ),
            Section("nothing", "Nothing here"),
        ),
    )


def _figures(hidden: Withheld | int, beside: Withheld | int) -> tuple[Figure, ...]:
    said = ("What it is.", "How it is counted.", "Which records.")
    return (
        Figure("sessions", "Sessions held", 1_204, Unit.COUNT, *said),
        Figure("cost", "Cost", 120_450, Unit.PENCE, *said, target=100_000),
        Figure("share", "Share", 125, Unit.PER_MILLE, *said, low=98, high=158, target=200),
        Figure("few", "Few", hidden, Unit.COUNT, *said, low=SECRETS[0] - 5, high=SECRETS[0] + 5),
        Figure("beside", "Beside", beside, Unit.COUNT, *said),
        Figure("unknown", "Unknown", Withheld.NOT_KNOWN, Unit.DAYS, *said),
        Figure("score", "Score", 573, Unit.TENTHS, *said, note="Out of 100."),
    )


def _kinds(label: str, hidden: Withheld | int, beside: Withheld | int) -> Table:
    return Table(
        "kinds",
        "By group",
        (
            Column("group", "Group", Unit.TEXT, "The group"),
            Column("n", "Employers", Unit.COUNT, "How many"),
            Column("paid", "Paid", Unit.PENCE, "What was paid"),
            Column("share", "Share", Unit.PER_MILLE, "Of all"),
            Column("first", "First", Unit.DAY, "The first day"),
            Column("month", "Month", Unit.MONTH, "The busiest month"),
            Column("wait", "Waiting", Unit.DAYS, "Median days"),
        ),
        (
            (label, hidden, 1_250, 333, "2026-07-03", "2026-08", 12),
            ("Care", 61, -99, None, "2026-07-09", "2026-09", Withheld.TOO_FEW),
            ("Other", beside, 0, 1_000, "2026-07-31", "2026-07", 1),
        ),
        ("All", 120, 1_151, 1_000, None, None, Withheld.NOT_KNOWN),
        note="A note under the table.",
    )


def _wide(label: str, months: tuple[Column, ...]) -> Table:
    head = Column("sector", "Sector", Unit.TEXT, "The sector")
    rows = tuple(
        (name, *(number * 1_000 for number in range(1, len(months) + 1)))
        for name in (label, "Care", "Hospitality")
    )
    return Table("months", "Sessions by month", (head, *months), rows)


def _empty() -> Table:
    head = Column("sector", "Sector", Unit.TEXT, "The sector")
    return Table("empty", "Not yet", (head,), (), note="nobody has finished.")
