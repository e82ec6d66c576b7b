"""Support in the demonstration: training for one, a workshop for several, onward referrals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from portal.caseload.models import Case, Confirmation
from portal.caseload.rules.onward import Onward
from portal.caseload.rules.support import Attending, Delivered
from portal.caseload.service import confirmations, onward, support
from portal.cli.demo_tools import Story, at, taken
from portal.db import current_session, unit_of_work
from portal.kernel import clock
from portal.kernel.people import Author
from portal.programme.queries import organisation_ids_of

_SHEET = "Attendance sheet (example)\nName,Job,Hours a week\n"


def _deliver(
    adviser: Author, given: Delivered, attending: Sequence[Attending], *, sheet: str
) -> str:
    with unit_of_work():
        kept = taken(support.keep_sheet("attendance.csv", sheet.encode(), len(attending)))
        made = taken(
            support.record(
                given=given,
                attending=attending,
                organisations=organisation_ids_of(adviser.user_id or 0),
                once="",
                by=adviser,
                sheets=kept,
            )
        )
        reference = made.reference
    with unit_of_work():
        taken(support.ask_all(reference=reference, by=adviser))
    return reference


def train(story: Story, day: date) -> None:
    """A training session at the employer, which it confirms, disputes or leaves unanswered."""
    large = story.sketch.people >= 250  # noqa: PLR2004 - the programme's limit for full funding
    given = Delivered(
        kind="training_session",
        design="bespoke" if story.sketch.days % 2 else "off_the_peg",
        audience=("line_managers",),
        title="Managing and developing part-time staff",
        delivered_on=day,
        minutes=180,
        mode="place",
        place="At the employer",
        trainer="Tina Example",
        funding="employer_pays" if large else "fully_funded",
    )
    attended = max(2, story.sketch.people // 8)
    sheet = f"{story.sketch.name}\n{_SHEET}" + "".join(
        f"Example Person {n},Team leader,20\n" for n in range(attended)
    )
    _deliver(story.adviser, given, [Attending(story.case, attended, attended // 2)], sheet=sheet)
    answers(
        story.case_id,
        by=Author(None, story.contact, story.email),
        words="Only three of us could come" if story.sketch.twist == "dispute" else "",
    )


def answers(case_id: int, *, by: Author, words: str = "") -> None:
    """The employer answers what waits: it is right, or what is wrong with it."""
    waiting = current_session().scalars(
        select(Confirmation.reference).where(
            Confirmation.case_id == case_id, Confirmation.state == "awaiting"
        )
    )
    for reference in list(waiting):
        with unit_of_work():
            taken(
                confirmations.answer(
                    reference=reference, agrees=not words, words=words, by=by, by_link=True
                )
            )


def refer_on(story: Story, day: date) -> None:
    """A referral to the Skills Service with the employer's consent."""
    given = Onward(
        service="skills_service" if story.sketch.days % 2 else "apprenticeship_hub",
        organisation="Example Skills Service",
        contact_name="Skye Example",
        contact_email="",
        contact_phone="0113 496 0001",
        reason="Level 2 team leading for two part-time supervisors",
        consent=True,
        consent_by=story.contact,
        consent_on=day,
        shares=(),
        sent_on=day,
        chase_on=day + timedelta(days=21),
        mail=False,
    )
    with unit_of_work():
        taken(onward.refer_on(case=story.case, given=given, once="", by=story.adviser))


def joint_workshop(adviser: Author, organisation_id: int) -> None:
    """A workshop for several employers two weeks ago: some confirmed, some have not answered."""
    found = (
        current_session()
        .execute(
            select(Case.reference, Case.id)
            .where(
                Case.organisation_id == organisation_id,
                Case.stage.in_(("diagnostic", "plan", "support")),
                Case.closed_at.is_(None),
            )
            .order_by(Case.id)
            .limit(5)
        )
        .all()
    )
    with clock.freeze(at(clock.today() - timedelta(days=12), 15)):
        given = Delivered(
            kind="workshop",
            design="off_the_peg",
            audience=("senior_managers", "hr"),
            title="Job design: better jobs in fewer hours",
            delivered_on=clock.today(),
            minutes=150,
            mode="online",
            place="",
            trainer="Tina Example",
            funding="employer_pays",
        )
        _deliver(
            adviser,
            given,
            [Attending(row.reference, 2, 1) for row in found],
            sheet=f"Workshop\n{_SHEET}Example Person 1,Manager,37\n",
        )
        for row in found[:2]:
            answers(row.id, by=Author(None, "Example Contact", "contact@employer.example"))
