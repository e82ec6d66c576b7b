"""Who may have fully funded support, what a record must say, what looks odd."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from portal.caseload.rules.support import (
    Attending,
    Delivered,
    attending_problem,
    confirmation_state,
    delivery_problem,
    earliest_closing,
    funding_problem,
    odd_day,
    odd_numbers,
)

TODAY = date(2026, 11, 20)
GIVEN = Delivered(
    kind="workshop",
    design="bespoke",
    audience=("line_managers", "hr"),
    title="Rotas that work",
    delivered_on=TODAY,
    minutes=90,
    mode="place",
    place="The back office",
    trainer="Example Trainer",
    funding="fully_funded",
)


@dataclass(frozen=True)
class Firm:
    employer_name: str
    headcount: int | None


def test_249_employees_may_have_fully_funded_support_and_250_may_not() -> None:
    assert funding_problem("fully_funded", [Firm("Small Shop", 249)], sme_limit=250) is None
    refused = funding_problem("fully_funded", [Firm("Big Shop", 250)], sme_limit=250)
    assert refused is not None
    assert (refused.code, refused.field) == ("too_large", "funding")
    assert refused.message.startswith("Big Shop has 250 or more employees")
    assert "reserved for employers with fewer than 250" in refused.message
    assert "The employer pays" in refused.message
    assert "resources, the network and the events" in refused.message


def test_an_unknown_size_is_refused_until_it_is_known() -> None:
    firms = [Firm("Small Shop", 3), Firm("Quiet Home", None)]
    refused = funding_problem("fully_funded", firms, sme_limit=250)
    assert refused is not None
    assert refused.code == "size_unknown"
    assert "how many people work at Quiet Home" in refused.message
    assert "Small Shop" not in refused.message


def test_the_large_are_named_together_and_before_the_unknown() -> None:
    firms = [Firm("A", 250), Firm("B", None), Firm("C", 900), Firm("D", 1000)]
    refused = funding_problem("fully_funded", firms, sme_limit=250)
    assert refused is not None
    assert refused.message.startswith("A, C and D have 250 or more employees")


def test_who_pays_for_itself_may_be_of_any_size_and_the_limit_is_the_programmes() -> None:
    firms = [Firm("Big Shop", 5000), Firm("Quiet Home", None)]
    assert funding_problem("employer_pays", firms, sme_limit=250) is None
    assert funding_problem("fully_funded", [Firm("Shop", 60)], sme_limit=50) is not None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"design": ""}, "design"),
        ({"title": "  "}, "title"),
        ({"audience": ()}, "audience"),
        ({"audience": ("owners",)}, "audience"),
        ({"delivered_on": date(2026, 11, 21)}, "delivered_on"),
        ({"minutes": 0}, "hours"),
        ({"minutes": 1441}, "hours"),
        ({"mode": "by post"}, "mode"),
        ({"place": " "}, "place"),
        ({"trainer": ""}, "trainer"),
        ({"funding": "lottery"}, "funding"),
    ],
)
def test_a_record_says_what_it_must(changes: dict[str, object], field: str) -> None:
    problem = delivery_problem(replace(GIVEN, **changes), today=TODAY)  # type: ignore[arg-type]
    assert problem is not None
    assert problem.field == field


def test_a_whole_record_passes_and_online_needs_no_place() -> None:
    assert delivery_problem(GIVEN, today=TODAY) is None
    assert delivery_problem(replace(GIVEN, mode="online", place=""), today=TODAY) is None
    assert delivery_problem(replace(GIVEN, minutes=1440), today=TODAY) is None


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "no_employer"),
        ([Attending("A", 1), Attending("A", 2)], "employer_twice"),
        ([Attending("A", 0)], "bad_attended"),
        ([Attending("A", 3, 4)], "bad_part_time"),
        ([Attending("A", 3, -1)], "bad_part_time"),
        ([Attending(str(number), 1) for number in range(41)], "too_many"),
    ],
)
def test_the_employers_of_a_record_make_sense(rows: list[Attending], code: str) -> None:
    problem = attending_problem(rows)
    assert problem is not None
    assert problem.code == code


def test_all_may_be_part_time_and_the_number_may_be_unknown() -> None:
    assert attending_problem([Attending("A", 3, 3), Attending("B", 1)]) is None


def test_a_case_counts_until_a_year_after_it_was_closed() -> None:
    assert earliest_closing(TODAY) == date(2025, 11, 20)
    assert earliest_closing(date(2028, 2, 29)) == date(2027, 2, 28)


def test_weekends_and_bank_holidays_look_odd() -> None:
    assert odd_day(date(2026, 11, 20)) == ""
    assert odd_day(date(2026, 11, 21)) == "21 November 2026 is a Saturday"
    assert odd_day(date(2026, 12, 25)) == "25 December 2026 is a bank holiday"


def test_more_people_than_work_there_look_odd() -> None:
    def said(attended: int, part_time: int | None, headcount: int | None) -> str:
        return odd_numbers(
            "Shop",
            attended=attended,
            part_time=part_time,
            headcount=headcount,
            part_time_headcount=2,
        )

    assert said(6, None, 5) == "6 people of Shop attended, but 5 work there"
    assert said(5, 3, 5) == "3 part-time people of Shop attended, but 2 work there"
    assert said(5, 2, 5) == said(9, None, None) == ""


def test_a_confirmation_is_overdue_after_its_last_day() -> None:
    assert confirmation_state(None, None, today=TODAY) == "not_asked"
    assert confirmation_state("awaiting", TODAY, today=TODAY) == "awaiting"
    assert confirmation_state("awaiting", date(2026, 11, 19), today=TODAY) == "overdue"
    assert confirmation_state("confirmed", date(2020, 1, 1), today=TODAY) == "confirmed"
