"""A list of cases stands whole in its address, and nonsense there is ignored."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.caseload.rules.contacts import contact_title, mail_link, quick_day, telephone_link
from portal.caseload.rules.lists import SORTS, VIEWS, CaseFilter, read_filter, view_title


def test_what_is_usual_goes_unsaid() -> None:
    wanted = read_filter({}, default_adviser="me")
    assert wanted == CaseFilter(adviser="me")
    assert wanted.address(default_adviser="me") == {}
    assert wanted.address(default_adviser="all") == {"adviser": "me"}


def test_a_change_begins_at_the_first_page() -> None:
    wanted = read_filter({"view": "quiet", "page": "4", "q": " two  words "}, default_adviser="me")
    assert wanted.page == 4
    assert wanted.address(default_adviser="me", page=5) == {
        "view": "quiet",
        "q": "two words",
        "page": "5",
    }
    assert wanted.address(default_adviser="me", sort="stage") == {
        "view": "quiet",
        "q": "two words",
        "sort": "stage",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view", "everything"),
        ("sort", "1; drop"),
        ("stage", "nowhere"),
        ("adviser", "-1"),
        ("adviser", "99999999999999"),
        ("provider", "²"),
        ("source", "x"),
        ("page", "0"),
        ("page", "-3"),
        ("page", "many"),
    ],
)
def test_nonsense_is_read_as_if_it_were_not_there(name: str, value: str) -> None:
    assert read_filter({name: value}, default_adviser="all") == CaseFilter()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "view": st.sampled_from([*VIEWS, "x"]),
            "sort": st.sampled_from([*SORTS, "x"]),
            "adviser": st.sampled_from(["me", "all", "none", "7", "x"]),
            "q": st.text(max_size=120),
            "sector": st.sampled_from(["retail", ""]),
            "page": st.integers(-5, 300_000).map(str),
        },
    )
)
def test_an_address_reads_back_as_the_list_it_was_made_from(args: dict[str, str]) -> None:
    wanted = read_filter(args, default_adviser="me")
    said = wanted.address(default_adviser="me", page=wanted.page)
    assert read_filter(said, default_adviser="me") == wanted
    assert "\x00" not in wanted.q


def test_the_quiet_view_names_its_days() -> None:
    assert view_title("quiet", 45) == "No contact for 45 days"
    assert view_title("overdue", 45) == "Next action overdue"


@pytest.mark.parametrize(
    ("choice", "start", "expected"),
    [
        ("tomorrow", date(2026, 12, 31), date(2027, 1, 1)),
        ("week", date(2026, 11, 23), date(2026, 11, 30)),
        # A Sunday moves to the Monday after it.
        ("week", date(2026, 11, 22), date(2026, 11, 30)),
        # 25 and 28 December 2026 are bank holidays (Boxing Day falls on a Saturday).
        ("working_3", date(2026, 12, 23), date(2026, 12, 30)),
        # 28 February 2027 is a Sunday.
        ("month", date(2027, 1, 31), date(2027, 3, 1)),
        ("month", date(2028, 1, 30), date(2028, 2, 29)),
        ("month", date(2026, 12, 15), date(2027, 1, 15)),
        ("month", date(2026, 3, 31), date(2026, 4, 30)),
        ("month", date(2026, 2, 3), date(2026, 3, 3)),
    ],
)
def test_quick_days(choice: str, start: date, expected: date) -> None:
    assert quick_day(choice, start) == expected


def test_a_quick_day_that_is_not_offered_is_a_bug() -> None:
    with pytest.raises(KeyError):
        quick_day("sometime", date(2026, 1, 1))


def test_what_a_contact_says_of_itself() -> None:
    call = contact_title(kind="call", reached=True, with_name="Jo", minutes=10)
    assert call == "Call with Jo, 10 minutes"
    missed = contact_title(kind="call", reached=False, with_name="Jo", minutes=1)
    assert missed == "Call to Jo, nobody reached, 1 minute"
    sent = contact_title(kind="email", reached=False, with_name="Jo", minutes=0)
    assert sent == "E-mail to Jo, no answer yet"
    assert contact_title(kind="note", reached=False, with_name="", minutes=0) == "Note"


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("0113 496 0000", "01134960000"),
        ("+44 (0)113 496 0000", "+4401134960000"),
        ("ext. none", ""),
        ("", ""),
    ],
)
def test_numbers_are_dialled_as_digits(typed: str, dialled: str) -> None:
    assert telephone_link(typed) == dialled


def test_an_address_in_a_link_asks_for_nothing_else() -> None:
    assert mail_link("jo+work@example.org") == "jo+work@example.org"
    assert mail_link("jo?bcc=x&y@example.org") == "jo%3Fbcc%3Dx%26y@example.org"
