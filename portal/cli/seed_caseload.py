"""The demonstration's caseload: half a year of work of three advisers, told through the services.

Each step happens on its own day, so that lists, timelines and conversion look as they would. Every
employer, person and figure is invented and named an example.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import update

from portal.caseload import queries
from portal.caseload.models import ReferralSource
from portal.caseload.rules.referrals import Given as Referred
from portal.caseload.rules.words import SOURCE_KINDS
from portal.caseload.rules.working_days import next_working_day
from portal.caseload.service import cases, referral_opening, referral_sources, referrals
from portal.cli import demo_steps as steps
from portal.cli import demo_support
from portal.cli.demo_employers import sketches
from portal.cli.demo_tools import Story, at, taken
from portal.db import outbox, unit_of_work
from portal.employers.rules.facts import Details
from portal.kernel import clock
from portal.kernel.people import Author


def seed_caseload(*, advisers: Sequence[Author], provider_id: int, lep: Author) -> int:
    """Tell every story; returns how many employers were worked with."""
    rng = random.Random(20260501)  # noqa: S311 - the same demonstration every time
    with clock.freeze(at(clock.today() - timedelta(days=230))):
        sources = _sources(lep)
    everybody = sketches()
    for number, sketch in enumerate(everybody):
        first = ("Alex", "Bel", "Chris", "Dana", "Eli", "Fran", "Gus", "Hope")[number % 8]
        story = Story(
            sketch,
            advisers[sketch.adviser],
            random.Random(rng.random()),  # noqa: S311
            clock.today() - timedelta(days=sketch.days),
            f"{first} Example",
            f"contact{number + 1}@employer.example",
        )
        _tell(story, sources, provider_id)
    demo_support.joint_workshop(advisers[0], provider_id)
    _deliver_old_mail()
    return len(everybody)


def _sources(by: Author) -> dict[str, ReferralSource]:
    found = {}
    with unit_of_work():
        for kind, title in SOURCE_KINDS.items():
            if kind == "self_referral":
                found[kind] = referral_sources.self_referral_source()
                continue
            added = referral_sources.add_source(
                kind=kind,
                name=f"{title} (example)",
                contact_name="Example Referrer",
                contact_email=f"{kind.replace('_', '.')}@partner.example",
                by=by,
            )
            found[kind] = taken(added)
        taken(referral_sources.give_link(reference=found["chamber"].reference, by=by))
    return found


def _tell(story: Story, sources: Mapping[str, ReferralSource], provider_id: int) -> None:
    with clock.freeze(at(story.start, 8, 30)):
        reference = _refer(story, sources[story.sketch.source], provider_id)
    if story.sketch.stops in {"waiting", "declined", "expired"}:
        _not_a_case(story, reference)
        return
    with clock.freeze(at(next_working_day(story.start + timedelta(days=2)), 9, 15)):
        _accept(story, reference)
    story.told.add("accepted")
    story.tell("called", 4, steps.first_call)
    story.tell("consultation", 8, steps.consult)
    story.tell("withdrew", 12, steps.close_early)
    story.tell("session", 17, steps.hold_session)
    story.tell("confirmed", 19, steps.confirm)
    story.tell("baseline", 20, steps.baseline)
    story.tell("planned", 26, steps.make_plan)
    story.tell("agreed", 31, steps.agree)
    story.tell("contact", 40, steps.check_in)
    story.tell("support", 50, demo_support.train)
    story.tell("onward", 58, demo_support.refer_on)
    story.tell("follow_up", 128, steps.do_follow_up)
    story.tell("outcomes", 130, steps.outcomes_later)
    story.tell("closed", 150, steps.close_complete)
    steps.leave_standing(story)


def _refer(story: Story, source: ReferralSource, provider_id: int) -> str:
    sketch = story.sketch
    given = Referred(
        employer_name=sketch.name,
        contact_name=story.contact,
        consent=True,
        postcode=sketch.postcode,
        contact_job="Manager",
        contact_email=story.email,
        contact_phone="0113 496 0000",
        message="They would like to keep good part-time people." if sketch.days % 2 else "",
    )
    with unit_of_work():
        received = referrals.receive(
            given=given,
            source=source,
            channel="public" if sketch.source == "self_referral" else "form",
            by=Author(None, source.name),
            organisation_id=provider_id,
            tell=False,
        )
        return taken(received).reference


def _not_a_case(story: Story, reference: str) -> None:
    if story.sketch.stops == "expired":
        referrals.expire_due()
    if story.sketch.stops != "declined":
        return
    with clock.freeze(at(next_working_day(story.start + timedelta(days=3)))), unit_of_work():
        taken(
            referrals.decline(
                reference=reference,
                reason="not_eligible",
                note="Not in a target sector",
                by=story.adviser,
            )
        )


def _accept(story: Story, reference: str) -> None:
    sketch = story.sketch
    opening = referral_opening.Opening(
        employer=referral_opening.NEW,
        details=Details(sketch.name, sketch.district, sketch.postcode, [sketch.code]),
        contact=(story.contact, "Manager", story.email, "0113 496 0000"),
        adviser_id=story.adviser.user_id,
        next_action=("call", "First call", next_working_day(clock.today() + timedelta(days=2))),
    )
    with unit_of_work():
        case = taken(
            referral_opening.accept(reference=reference, opening=opening, by=story.adviser)
        )
        if sketch.twist == "no action":
            cases.end_next_action(case=case, state="dropped", by=story.adviser)
        story.case, story.case_id = case.reference, case.id
    facts = queries.case_facts(story.case)
    story.employer = facts.employer_reference if facts else ""


def _deliver_old_mail() -> None:
    """Mail of past months arrived long ago: nobody wants it now."""
    with unit_of_work() as session:
        session.execute(
            update(outbox.OutboxEntry)
            .where(outbox.OutboxEntry.kind == "mail.send", outbox.OutboxEntry.done_at.is_(None))
            .values(done_at=clock.utc_now())
        )
