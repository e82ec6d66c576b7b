"""The adviser's home: what to do next, and for whom."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import render_template, request, url_for

from portal.caseload.access import managers
from portal.caseload.queries import home as queries
from portal.caseload.queries.case_sql import Scope
from portal.caseload.rules.contacts import mail_link, telephone_link
from portal.caseload.rules.lists import ALL, MINE, view_title
from portal.caseload.rules.working_days import left_in_words, working_days_left
from portal.caseload.views import blueprint
from portal.caseload.views.links import back_query
from portal.caseload.views.rows import day_words, late_words, lines
from portal.kernel.clock import today
from portal.programme import queries as programme
from portal.web.access import current_actor

SECTIONS = {
    "overdue": "Overdue",
    "today": "Today",
    "week": "Later this week",
    "no_next_action": "No next action",
}
BESIDE = {
    "referral": ("referrals", "Referrals to decide"),
    "disputed": ("disputed", "Disputed by the employer"),
    "unconfirmed": ("unconfirmed", "Not confirmed in time"),
    "follow_up": ("follow-ups", "Follow-ups due"),
    "onward": ("onward", "Referrals on: ask what became of them"),
}
_WORTH_A_LOOK = (
    *("quiet", "never_contacted", "waiting_for_employer", "session_unconfirmed"),
    *("almost_claimable", "claimable"),
)


class BesideLine(NamedTuple):
    """Something that waits outside the list of next actions, as plain words."""

    title: str
    href: str
    text: str
    late: str
    contact: str
    phone: str
    dial: str
    email: str
    mail: str


@blueprint.get("/work")
def home() -> str:
    """Everything due, missed or waiting: one's own, or for a manager everyone's."""
    actor = current_actor()
    is_manager = managers(actor, {})
    mine = request.args.get("adviser", ALL if is_manager else MINE) != ALL or not is_manager
    scope = Scope(actor.organisations, actor.user_id)
    day = today()
    counts, rows = queries.work(scope, day, mine=mine)
    beside = queries.waiting(scope, day, mine=mine)
    adviser: dict[str, Any] = {"adviser": MINE if mine else ALL}
    base = url_for("caseload.case_list")
    # Later this week stands apart from today; its counter counts both.
    totals = {**counts, "week": counts["week"] - counts["today"]}
    quiet_days = programme.settings().quiet_days
    return render_template(
        "caseload/home.html",
        day=day,
        sections=[
            {
                "key": key,
                "title": title,
                "total": totals[key],
                "rows": lines(queries.by_section(rows, key), day),
                "href": url_for("caseload.case_list", view=key, **adviser),
            }
            for key, title in SECTIONS.items()
        ],
        beside=[part for part in (_beside(kind, beside) for kind in BESIDE) if part],
        counters=[
            {
                "title": view_title(view, quiet_days),
                "count": counts[view],
                "href": url_for("caseload.case_list", view=view, **adviser),
            }
            for view in _WORTH_A_LOOK
        ],
        open_count=counts["open"],
        list_href=url_for("caseload.case_list", **adviser),
        new_href=url_for("caseload.case_new"),
        base=f"{base}/",
        back=back_query(url_for("caseload.home", **({} if mine is not is_manager else adviser))),
        is_manager=is_manager,
        mine=mine,
    )


def _beside(kind: str, found: list[queries.Waiting]) -> dict[str, Any] | None:
    items = [item for item in found if item.kind == kind]
    if not items:
        return None
    anchor, title = BESIDE[kind]
    return {
        "anchor": anchor,
        "title": title,
        "total": items[0].total,
        "rows": [_line(item) for item in items],
        "href": url_for("caseload.referrals") if kind == "referral" else None,
    }


def _line(item: queries.Waiting) -> BesideLine:
    day = today()
    case, when, late = item.reference, day_words(item.day, day), late_words(item.day, day)
    if item.kind == "referral":
        href = url_for("caseload.referral", referral=item.reference)
        left = left_in_words(day, item.day)
        text, late = f"From {item.words}. Decide by {when}, {left[:1].lower()}{left[1:]}", ""
        if working_days_left(day, item.day) <= 1:
            text, late = f"From {item.words}. Decide by {when}", left
    elif item.kind == "follow_up":
        href = url_for("caseload.follow_up", case=case, months=int(item.record))
        text = f"{item.words} months after the plan, due {when}"
    elif item.kind == "onward":
        href = url_for("caseload.referral_out", case=case, record=item.record)
        text = f"{item.words}, ask by {when}"
    else:
        # A delivery has a title; an in-depth session needs none.
        href = url_for("caseload.session", case=case, record=item.record)
        if item.words:
            href = url_for("caseload.support", delivery=item.record)
        text = item.words or "The in-depth session"
        if item.kind == "disputed":
            late = ""
        else:
            text += f", was due {when}"
    return BesideLine(
        title=item.employer,
        href=href,
        text=text,
        late=late,
        contact=item.contact_name,
        phone=item.contact_phone,
        dial=telephone_link(item.contact_phone),
        email=item.contact_email,
        mail=mail_link(item.contact_email),
    )
