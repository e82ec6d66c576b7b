"""Deadlines and outcomes of peer support."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.network.rules.peers import (
    Asked,
    Offered,
    answer_by,
    ask_faults,
    asks_outcome,
    ends_with,
    is_remindable,
    last_day,
    last_word_by,
    link_is_over,
    offer_faults,
    outcome_of,
    request_after,
)
from portal.network.rules.states import MATCH_MOVES, REQUEST_MOVES
from portal.network.rules.words import PEER_OUTCOMES

ASKED = Asked("scheduling", "How?", "Example Person", "person@example.org", ())
OFFERED = Offered(("pay",), "", 2, "Example Person", "person@example.org", (), is_paused=False)


def test_both_have_until_the_end_of_the_tenth_working_day() -> None:
    # Over Christmas 2026: 25 and 28 December, and 1 January, are bank holidays.
    proposed = datetime(2026, 12, 18, 15, tzinfo=UTC)
    due = answer_by(proposed)
    assert last_day(due) == date(2027, 1, 6)
    assert due == datetime(2027, 1, 7, tzinfo=UTC)
    # In summer the London day ends an hour earlier.
    assert answer_by(datetime(2026, 6, 1, 9, tzinfo=UTC)) == datetime(2026, 6, 15, 23, tzinfo=UTC)


def test_the_reminder_comes_after_five_working_days() -> None:
    proposed = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert not is_remindable(proposed, now=datetime(2026, 11, 29, 9, tzinfo=UTC))
    assert is_remindable(proposed, now=datetime(2026, 11, 30, 9, tzinfo=UTC))


def test_the_outcome_is_asked_after_sixty_days() -> None:
    met = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert not asks_outcome(met, now=datetime(2027, 1, 21, 9, tzinfo=UTC))
    assert asks_outcome(met, now=datetime(2027, 1, 22, 1, tzinfo=UTC))


def test_an_outcome_counts_once_both_have_said() -> None:
    assert outcome_of("useful", None) is None
    assert outcome_of(None, "useful") is None
    assert outcome_of("not_met", "useful") == "not_met"


def test_a_request_is_open_again_where_it_did_not_work() -> None:
    assert {key: request_after(key) for key in PEER_OUTCOMES} == {
        "useful": "closed",
        "some": "closed",
        "not_met": "open",
        "not_useful": "open",
    }
    assert {request_after(key) for key in PEER_OUTCOMES} <= REQUEST_MOVES["matched"]
    assert MATCH_MOVES["introduced"] == {"ended"}
    with pytest.raises(ValueError, match="no outcome"):
        request_after("splendid")


def test_what_is_wrong_with_a_request_or_an_offer_is_said_beside_its_field() -> None:
    assert ask_faults(ASKED) == []
    wrong = Asked("cake", " ", "", "nobody", ("shoe size",))
    assert [one.field for one in ask_faults(wrong)] == [
        "topic",
        "question",
        "contact_name",
        "contact_email",
        "says",
    ]
    assert [one.field for one in ask_faults(Asked("pay", "x" * 5000, "A", "a@b", ()))] == [
        "question"
    ]
    assert offer_faults(OFFERED, standing=2) == []
    [full] = offer_faults(OFFERED, standing=3)
    assert full.field == "capacity"
    assert "3 matches" in full.message
    none = Offered((), "", 0, "A", "a@b", (), is_paused=False)
    assert [one.field for one in offer_faults(none, standing=0)] == ["topics", "capacity"]


def test_one_word_counts_when_the_time_of_the_other_is_over() -> None:
    assert ends_with("useful", None) == "useful"
    assert ends_with(None, "not_met") == "not_met"
    assert ends_with(None, None) is None
    said = datetime(2027, 3, 2, 12, tzinfo=UTC)
    assert last_day(last_word_by(said)) == date(2027, 3, 16)


@pytest.mark.parametrize(
    ("state", "days", "said_after", "over"),
    [
        ("proposed", None, None, False),
        ("declined", None, None, True),
        ("lapsed", None, None, True),
        ("withdrawn", None, None, True),
        ("introduced", 119, None, False),
        ("introduced", 120, None, True),
        ("introduced", 121, 119, False),
        ("introduced", 135, 119, True),
        ("introduced", 100, 10, False),
        ("ended", 1, 1, True),
    ],
)
def test_a_link_ends_with_its_match(
    state: str, days: int | None, said_after: int | None, over: bool
) -> None:
    now = datetime(2027, 3, 2, 12, tzinfo=UTC)
    introduced = None if days is None else now - timedelta(days=days)
    said = None
    if introduced is not None and said_after is not None:
        said = introduced + timedelta(days=said_after)
    assert link_is_over(state, introduced, said, now=now) is over
