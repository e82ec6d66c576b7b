"""Nothing about an employer is passed on without its consent, and no more than it agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.caseload.rules.onward import Onward, onward_problem, outcome_problem

TODAY = date(2026, 11, 20)
GIVEN = Onward(
    service="apprenticeship_hub",
    organisation="Example Hub",
    contact_name="Example Contact",
    contact_email="hub@example.org",
    contact_phone="",
    reason="Two people want to become supervisors",
    consent=True,
    consent_by="Example Owner",
    consent_on=date(2026, 11, 18),
    shares=("contact",),
    sent_on=TODAY,
    chase_on=date(2026, 12, 4),
    mail=True,
)


def test_a_whole_referral_passes() -> None:
    assert onward_problem(GIVEN, today=TODAY, can_share_contact=True) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": "bank"}, "service"),
        ({"organisation": " "}, "organisation"),
        ({"reason": ""}, "reason"),
        ({"consent": False}, "consent"),
        ({"consent_by": " "}, "consent_by"),
        ({"consent_on": date(2026, 11, 21)}, "consent_on"),
        ({"consent_on": TODAY, "sent_on": date(2026, 11, 19)}, "consent_on"),
        ({"sent_on": date(2026, 11, 21)}, "sent_on"),
        ({"chase_on": date(2026, 11, 19)}, "chase_on"),
        ({"shares": ("pay",)}, "shares"),
        ({"contact_email": ""}, "contact_email"),
        ({"shares": ("business",)}, "shares"),
    ],
)
def test_what_keeps_a_referral_from_being_made(changes: dict[str, object], field: str) -> None:
    given = replace(GIVEN, **changes)  # type: ignore[arg-type]
    problem = onward_problem(given, today=TODAY, can_share_contact=True)
    assert problem is not None
    assert problem.field == field


def test_without_consent_the_reason_is_said() -> None:
    problem = onward_problem(replace(GIVEN, consent=False), today=TODAY, can_share_contact=True)
    assert problem is not None
    assert "without its consent" in problem.message


def test_a_mail_needs_a_contact_that_can_be_reached_and_paper_does_not() -> None:
    problem = onward_problem(GIVEN, today=TODAY, can_share_contact=False)
    assert problem is not None
    assert problem.field == "mail"
    on_paper = replace(GIVEN, mail=False, shares=(), contact_email="", chase_on=None)
    assert onward_problem(on_paper, today=TODAY, can_share_contact=False) is None


@pytest.mark.parametrize(
    ("outcome", "on", "chase_on", "field"),
    [
        ("taken_up", None, None, "outcome_on"),
        ("taken_up", date(2026, 11, 21), None, "outcome_on"),
        ("taken_up", date(2026, 11, 1), None, "outcome_on"),
        ("won", TODAY, None, "outcome"),
        ("waiting", TODAY, None, "chase_on"),
        ("waiting", None, date(2026, 11, 19), "chase_on"),
    ],
)
def test_an_outcome_has_a_day_and_waiting_has_one_too(
    outcome: str, on: date | None, chase_on: date | None, field: str
) -> None:
    problem = outcome_problem(
        outcome=outcome, on=on, chase_on=chase_on, sent_on=date(2026, 11, 10), today=TODAY
    )
    assert problem is not None
    assert problem.field == field


def test_an_outcome_on_the_day_it_was_sent_and_a_chase_today_pass() -> None:
    sent = date(2026, 11, 10)
    done = outcome_problem(outcome="no_answer", on=sent, chase_on=None, sent_on=sent, today=TODAY)
    later = outcome_problem(outcome="waiting", on=None, chase_on=TODAY, sent_on=sent, today=TODAY)
    assert done is None
    assert later is None
