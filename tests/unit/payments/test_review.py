"""What an officer sees of a claim's lines, and how decisions read."""

from __future__ import annotations

from datetime import date

import pytest

from portal.payments.rules.decisions import action_title, detail_words, is_refusal
from portal.payments.rules.review import (
    Hand,
    LineFilter,
    LineSummary,
    by_type,
    clean_lines,
    outcome,
    read_ids,
    total,
)
from portal.payments.rules.review_facts import Titles, facts_in_words
from portal.payments.rules.states import ClaimState, LineState

NOBODY = Hand(recorded=False, evidenced=False, submitted=False, drafted=False, works_there=False)


def line(number: int = 1, **changes: object) -> LineSummary:
    values: dict[str, object] = {
        "id": number,
        "state": LineState.SUBMITTED,
        "pence": 60_000,
        "output_type": "engagement",
        "output_reference": f"OUT{number}",
        "employer_name": f"Example Employer {number}",
        "occurred_on": date(2026, 10, 5),
        "checked": True,
        "warnings": 0,
        "failures": 0,
        "let_through": 0,
        "hand": NOBODY,
        **changes,
    }
    return LineSummary(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, "clean"),
        ({"checked": False}, "unchecked"),
        ({"warnings": 1}, "warned"),
        ({"let_through": 1}, "let_through"),
        ({"failures": 1, "let_through": 1, "warnings": 1}, "failed"),
    ],
)
def test_the_worst_finding_is_how_a_line_stands(changes: dict[str, object], standing: str) -> None:
    assert line(**changes).standing == standing


def test_only_lines_that_wait_passed_and_are_nobodys_own_are_clean() -> None:
    own = Hand(recorded=True, evidenced=False, submitted=False, drafted=False, works_there=False)
    lines = [
        line(1),
        line(2, state=LineState.APPROVED),
        line(3, state=LineState.QUERIED),
        line(4, checked=False),
        line(5, warnings=1),
        line(6, let_through=1),
        line(7, hand=own),
    ]
    assert [one.id for one in clean_lines(lines)] == [1]
    assert own.conflicts() == ("You recorded this work",)


def test_every_hand_has_its_own_reason() -> None:
    everything = Hand(recorded=True, evidenced=True, submitted=True, drafted=True, works_there=True)
    assert len(set(everything.conflicts())) == 5
    assert NOBODY.conflicts() == ()


def test_filters_keep_what_they_say() -> None:
    lines = [
        line(1),
        line(2, warnings=2, output_type="workshop"),
        line(3, failures=1, warnings=1),
        line(4, state=LineState.REMOVED),
        line(5, state=LineState.APPROVED, let_through=1),
        line(6, state=LineState.QUERIED),
    ]

    def kept(**wanted: str) -> list[int]:
        return [one.id for one in LineFilter(**wanted).keep(lines)]

    assert kept() == [1, 2, 3, 5, 6]
    assert kept(shown="clean") == [1, 6]
    assert kept(shown="warned") == [2, 3, 5]
    assert kept(shown="failed") == [3]
    assert kept(shown="waiting") == [1, 2, 3]
    assert kept(shown="queried") == [6]
    assert kept(shown="decided") == [5]
    assert kept(shown="removed") == [4]
    assert kept(output_type="workshop") == [2]
    assert kept(q="employer 3") == [3]
    assert kept(q="OUT6") == kept(q="out6") == [6]
    assert LineFilter("clean", "", "x").address(page=2) == {"show": "clean", "q": "x", "page": 2}


def test_sums_and_outcomes_are_said_in_words() -> None:
    lines = [line(1), line(2, state=LineState.APPROVED), line(3, state=LineState.REJECTED)]
    assert total(lines).words == "3 lines, £1,800.00"
    assert total([]).words == "0 lines, £0.00"
    assert outcome(ClaimState.SUBMITTED, lines) == (
        "Submitted. 1 line, £600.00 waits for a decision; 1 line, £600.00 is approved; "
        "1 line, £600.00 is rejected."
    )
    assert outcome(ClaimState.REJECTED, []) == "Rejected. No line is left on this claim."
    titles = by_type([line(1, output_type="workshop"), line(2)])
    assert [(title, one.lines) for title, one in titles] == [("Engagement", 1), ("Workshop", 1)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1,2,3", [1, 2, 3]),
        ("3,1,3", [3, 1]),
        ("", None),
        ("1,,2", None),
        ("1, 2", None),
        ("-1", None),
        ("٣", None),
        ("9" * 19, None),
        ("1," * 300_000 + "1", None),
    ],
)
def test_keys_of_a_form_are_read_or_refused_whole(text: str, ids: list[int] | None) -> None:
    assert read_ids(text) == ids


def test_frozen_facts_say_how_and_since_when_they_are_known() -> None:
    facts = {
        "values": {
            "sector": "retail",
            "sic_codes": ["47110"],
            "district": "leeds",
            "postcode": "LS1 4AP",
            "size_tier": "small",
            "headcount": 34,
            "headcount_on": "2026-03-03",
            "iip_status": "not_accredited",
            "iip_on": "2026-03-03",
            "iip_evidence": "Said on the phone",
            "training_answer": None,
        },
        "known_later": ["headcount"],
        "since": {"sector": {"on": "2026-02-01", "version": 1}, "headcount": None},
        "hard_to_reach": {"status": "not_counted_yet", "explanation": "The answer is missing"},
    }
    said = {fact.title: fact for fact in facts_in_words(facts, Titles({"retail": "Retail"}, {}))}
    assert said["Sector"].value == "Retail"
    assert said["Sector"].known == "SIC 47110; on record since 1 February 2026"
    assert said["District"].value == "leeds"
    assert said["Size"].value == "Small, 34 employees"
    assert said["Size"].known == "counted 3 March 2026; recorded after the day of the work"
    assert said["Investors in People"].known == "answered 3 March 2026; “Said on the phone”"
    assert said["Training for a qualification"].value == "Not known"
    assert said["Hard to reach"].value == "Not counted"
    # An output without any facts is shown as knowing nothing, not as an error.
    assert {fact.value for fact in facts_in_words({}, Titles({}, {}))} == {
        "Not known",
        "Not counted",
    }


def test_decisions_read_as_words() -> None:
    assert action_title("claim.lines_approved") == "Approved lines"
    assert action_title("something.quite_new") == "Something: quite new"
    assert is_refusal("claim.refused")
    assert is_refusal("override.grant_refused")
    assert not is_refusal("claim.lines_rejected")
    said = detail_words(
        {
            "pence": 120_050,
            "lines": [1, 2, 3, 4, 5, 6, 7],
            "reason": "",
            "is_late": True,
            "changes": {"total_cap_pence": [100, 200]},
        }
    )
    assert said == (
        "pence: £1,200.50; lines: 1, 2, 3, 4, 5 and 2 more; is late: yes; "
        "changes: total_cap_pence 100, 200"
    )
