"""The short forms of a case: quick choices, other choices, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from portal.caseload.forms.cases import ContactForm, NextActionForm
from portal.caseload.forms.contacts import LogForm
from portal.kernel.clock import freeze

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def request_of():
    app = Flask("forms")
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)

    def make(form, data):
        with app.test_request_context("/", method="POST", data=MultiDict(data)), freeze(NOW):
            made = form()
            if hasattr(made, "offer_days"):
                made.offer_days(keep="As planned", nothing="Nothing yet")
            made.fine = made.validate_on_submit()
            if hasattr(made, "when"):
                made.made_step = made.step if made.fine else None
            return made

    return make


def log_data(**changes: object) -> dict[str, object]:
    return {
        "kind": "call",
        "reached": "yes",
        "minutes": "10",
        "happened": "Agreed to talk",
        "when": "week",
        "next_kind": "call",
        **changes,
    }


def test_a_call_needs_a_sentence_and_a_day(request_of) -> None:
    form = request_of(LogForm, log_data())
    assert form.fine, form.errors
    assert form.spent == 10
    assert form.was_reached
    assert form.made_step == ("call", "", date(2026, 11, 30))


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"happened": ""}, "happened", "Say what happened"),
        ({"happened": "", "kind": "note"}, "happened", "Write the note"),
        ({"when": ""}, "when", "Choose what happens next"),
        ({"when": "sometime"}, "when", "Choose one of the options"),
        ({"when": "other"}, "next_due_on", "Enter the day of the next action"),
        (
            {
                "when": "other",
                "next_due_on-day": "1",
                "next_due_on-month": "1",
                "next_due_on-year": "2026",
            },
            "next_due_on",
            "must be 23 November 2026 or later",
        ),
        ({"minutes": "other"}, "minutes_other", "Enter how many minutes"),
        ({"minutes": "other", "minutes_other": "1,441"}, "minutes_other", "1,440 or fewer"),
        ({"minutes": "other", "minutes_other": "-1"}, "minutes_other", "0 or more"),
        ({"minutes": "7"}, "minutes", "Choose one of the options"),
        ({"kind": "telegram"}, "kind", "Choose one of the options"),
        (
            {"on-day": "24", "on-month": "11", "on-year": "2026"},
            "on",
            "must be 23 November 2026 or earlier",
        ),
        ({"on-day": "31", "on-month": "2", "on-year": "2026"}, "on", "must be a real date"),
    ],
)
def test_what_is_wrong_is_said_beside_it(request_of, changes, field, says) -> None:
    form = request_of(LogForm, log_data(**changes))
    assert not form.fine
    assert says in str(form[field].errors[0])


def test_nobody_reached_needs_no_sentence(request_of) -> None:
    assert request_of(LogForm, log_data(reached="no", happened="")).fine


def test_a_note_reaches_nobody_whatever_stands_beside_it(request_of) -> None:
    form = request_of(LogForm, log_data(kind="note"))
    assert form.fine
    assert not form.was_reached


def test_boxes_of_a_choice_not_taken_are_no_mistake(request_of) -> None:
    form = request_of(
        LogForm,
        log_data(**{"minutes_other": "abc", "next_due_on-day": "99", "next_due_on-month": "x"}),
    )
    assert form.fine, form.errors


def test_leaving_what_is_planned_plans_nothing(request_of) -> None:
    for choice in ("keep", "nothing"):
        form = request_of(LogForm, log_data(when=choice))
        assert form.fine
        assert form.made_step is None


@pytest.mark.parametrize(
    ("typed", "key"), [("", None), ("12", 12), ("x", 0), ("-1", 0), ("9" * 30, 0), ("²", 0)]
)
def test_the_action_that_was_seen(request_of, typed: str, key: int | None) -> None:
    form = request_of(NextActionForm, {"action": typed, "when": "week", "next_kind": "call"})
    assert form.action_id == key


def test_a_contact_has_a_name_and_a_number_that_dials(request_of) -> None:
    form = request_of(ContactForm, {"contact_name": "", "contact_phone": "ring me"})
    assert not form.fine
    assert "Enter the contact's name" in form.contact_name.errors[0]
    assert "telephone number" in form.contact_phone.errors[0]
    wrong = request_of(ContactForm, {"contact_name": "Jo", "contact_email": "jo at example"})
    assert "email address" in wrong.contact_email.errors[0]
