"""What an address may ask for of the records behind a figure."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.reports.rules.records import KINDS, Asked, Mark, asked

DAYS = {"first": "2026-04-01", "last": "2026-06-30"}


@pytest.mark.parametrize("what", KINDS)
def test_every_kind_can_be_asked_for_and_written_back(what: str) -> None:
    kinds = KINDS[what].kinds
    given = {**DAYS, **({"kind": next(iter(kinds))} if kinds else {})}
    given |= dict.fromkeys(KINDS[what].filters - {"hard"}, "7")
    found = asked(what, given)
    assert found is not None
    assert found.title
    values = found.arguments
    assert values.pop("what") == what
    assert asked(what, values) == found
    assert values == given


@pytest.mark.parametrize("at", [date(2026, 4, 1), datetime(2026, 4, 1, 9, 30, 1, 5, tzinfo=UTC)])
def test_a_mark_is_read_as_it_was_written(at: date | datetime) -> None:
    found = asked("contacts", {**DAYS, "after": str(Mark(at, 12))})
    assert found is not None
    assert found.after == Mark(at, 12)
    assert found.at(None) == Asked("contacts", date(2026, 4, 1), date(2026, 6, 30))


def test_titles_say_which_records() -> None:
    found = asked("outputs", {**DAYS, "kind": "engagement", "sector": "retail"})
    assert found is not None
    assert found.title == "Engagements"
    assert (found.value("sector"), found.value("size")) == ("retail", "")
    arrived = asked("arrived", {**DAYS, "kind": "embedded"})
    assert arrived is not None
    assert arrived.title == "Cases that came in this time to: a practice is embedded"


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("nothing", DAYS),
        ("outputs", {}),
        ("outputs", {**DAYS, "first": "soon"}),
        ("outputs", {"first": "2026-06-30", "last": "2026-04-01"}),
        ("cohort", DAYS),
        ("arrived", {**DAYS, "kind": "referred"}),
        ("outputs", {**DAYS, "hard": "1"}),
        ("outputs", {**DAYS, "contract": "١٢"}),
        ("outputs", {**DAYS, "provider": "-1"}),
        ("outputs", {**DAYS, "sector": "x" * 61}),
        ("outputs", {**DAYS, "after": "2026-04-01"}),
        ("outputs", {**DAYS, "after": "2026-04-31~1"}),
        ("outputs", {**DAYS, "after": f"2026-04-01~{'9' * 19}"}),
        ("contacts", {**DAYS, "after": "2026-04-01T09:30:00~1"}),
    ],
)
def test_what_makes_no_sense_is_not_asked(what: str, given: dict[str, str]) -> None:
    assert asked(what, given) is None


def test_filters_of_other_kinds_are_left_out() -> None:
    found = asked("deliveries", {**DAYS, "sector": "retail", "provider": "4"})
    assert found is not None
    assert found.filters == (("provider", "4"),)
