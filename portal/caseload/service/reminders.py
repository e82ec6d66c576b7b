"""The mail of the day to advisers, and word to employers before a follow-up.

An adviser gets at most one mail a day, and none when there is nothing to say. Both jobs find out
by themselves what was sent already, so that running them again sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.accounts.models import User
from portal.caseload import queries as cases_queries
from portal.caseload.models import AdviserPreferences, FollowUp
from portal.caseload.panels import practice_source
from portal.caseload.queries import follow_up as follow_ups
from portal.caseload.queries import outcomes
from portal.caseload.queries import reminders as queries
from portal.caseload.queries.reminders import Announcement, Item, Reader
from portal.caseload.rules import follow_up as rules
from portal.caseload.rules.working_days import add_working_days
from portal.db import current_session, unit_of_work
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import today, utc_now

MOST_LINES = 15
"""Lines of one list in a mail; the rest is a number, and the list itself is in the portal."""
WORKING_DAYS_LEFT = 2


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    items: Sequence[Item]
    line: Callable[[Item], tuple[str, str]]


def remind() -> None:
    """What is done every morning."""
    tell_advisers()
    tell_employers()


def tell_advisers() -> int:
    """Mail every adviser who has something to do; returns to how many."""
    day = today()
    sections = _sections(day)
    readers = queries.readers()
    with_something = {item.user_id for section in sections for item in section.items}
    told = [reader for reader in readers if reader.user_id in with_something]
    for reader in told:
        lists = _lists(sections, reader)
        # One transaction a person: a fault with one leaves the others their mail.
        with unit_of_work():
            _send_day(reader, day, lists)
    return len(told)


def tell_employers() -> int:
    """Tell the contact of a case, once, that a follow-up is near; returns how many were told."""
    day = today()
    coming = queries.to_announce(day, day + timedelta(days=rules.SOON_DAYS))
    told = 0
    for each in coming:
        with unit_of_work():
            told += _announce(each, day)
    return told


def choose_daily_mail(*, user_id: int, wanted: bool) -> None:
    """Switch the mail of the day on or off for somebody; call it inside a unit of work."""
    chosen = queries.preferences_to_change(user_id)
    if chosen is None:
        chosen = AdviserPreferences(user_id=user_id)
        current_session().add(chosen)
    chosen.daily_mail = wanted
    chosen.changed_at = utc_now()
    current_session().flush()


def _sections(day: date) -> list[_Section]:
    """Everybody's lists of the day, in the order in which they are told."""
    actions = queries.next_actions(day)
    coming = queries.follow_ups(day + timedelta(days=rules.SOON_DAYS))
    unanswered, disputed = queries.confirmations(day)
    expiring = queries.referrals(day, add_working_days(day, WORKING_DAYS_LEFT + 1))

    def follow_up(item: Item) -> tuple[str, str]:
        return f"{rules.name(item.months)}, due {_short(item.day)}", "caseload.follow_up"

    return [
        _Section("Overdue", [i for i in actions if i.day < day], _due),
        _Section(
            "Today",
            [i for i in actions if i.day == day],
            lambda item: (item.what, "caseload.case"),
        ),
        _Section("Late follow-ups", [i for i in coming if i.day < day], follow_up),
        _Section("Follow-ups in the next 7 days", [i for i in coming if i.day >= day], follow_up),
        _Section(
            "Referrals that expire soon",
            expiring,
            lambda item: (f"accept or decline by {_short(item.day)}", "caseload.referral"),
        ),
        _Section("Disputed by the employer", disputed, lambda i: (i.what, "caseload.case")),
        _Section(
            "Not confirmed by the employer in time",
            unanswered,
            lambda item: (f"{item.what}, by {_short(item.day)}", "caseload.case"),
        ),
    ]


def _due(item: Item) -> tuple[str, str]:
    return f"{item.what}, due {_short(item.day)}", "caseload.case"


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"


def _lists(sections: Iterable[_Section], reader: Reader) -> list[dict[str, Any]]:
    """One person's lists as the mail shows them; empty ones are left out."""
    found = []
    for section in sections:
        own = [item for item in section.items if item.user_id == reader.user_id]
        if own:
            lines = [_line(section, item) for item in own[:MOST_LINES]]
            more = max(0, len(own) - MOST_LINES)
            found.append({"title": section.title, "count": len(own), "lines": lines, "more": more})
    return found


def _line(section: _Section, item: Item) -> dict[str, str]:
    words, endpoint = section.line(item)
    values: dict[str, Any] = {"case": item.reference}
    if endpoint == "caseload.referral":
        values = {"referral": item.reference}
    elif endpoint == "caseload.follow_up":
        values["months"] = item.months
    return {
        "employer": item.employer_name,
        "words": words,
        "href": public_link(endpoint, **values),
    }


def _send_day(reader: Reader, day: date, lists: list[dict[str, Any]]) -> None:
    count = sum(each["count"] for each in lists)
    send_later(
        to=reader.email,
        subject=f"{count} {'thing' if count == 1 else 'things'} to do: {_short(day)}",
        template="caseload_day",
        context={
            "name": reader.name,
            "day": day,
            "lists": lists,
            "home": public_link("caseload.home"),
            "settings": public_link("caseload.preferences"),
        },
        unique_key=f"caseload.day:{reader.user_id}:{day.isoformat()}",
    )


def _announce(coming: Announcement, day: date) -> bool:
    """Tell one employer's contact; False when it no longer holds or was done meanwhile."""
    case = cases_queries.case_to_change(coming.case_reference)
    if case is None or case.closed_at is not None or not case.contact_email:
        return False
    follow_up = follow_ups.to_change(case.id, coming.months)
    if follow_up is None or follow_up.state != "planned" or follow_up.reminded_on is not None:
        return False
    facts = cases_queries.case_facts(coming.case_reference)
    if facts is None:
        raise RuntimeError("A case that is held has no facts")
    source = practice_source()
    adviser = None if case.adviser_id is None else current_session().get(User, case.adviser_id)
    send_later(
        to=case.contact_email,
        subject=f"How is it going? We will be in touch around {_day(follow_up.due_on)}",
        template="caseload_follow_up",
        context={
            "name": case.contact_name,
            "employer": facts.employer_name,
            "organisation": facts.organisation_name,
            "adviser": adviser.name if adviser else "",
            "adviser_email": adviser.email if adviser else "",
            "day": _day(follow_up.due_on),
            "months": follow_up.months,
            "practices": [
                item.title for item in (source.items(facts.employer_reference) if source else ())
            ],
            "shares": outcomes.agreement(case.id).shares is True,
        },
        unique_key=f"caseload.follow_up:{follow_up.reference}",
    )
    _told(follow_up, day)
    return True


def _told(follow_up: FollowUp, day: date) -> None:
    follow_up.reminded_on = day
    current_session().flush()


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
