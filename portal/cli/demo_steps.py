"""The steps of an employer's story in the demonstration, each told through the services."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from portal.accounts import service as accounts
from portal.action_plans import service as plans
from portal.action_plans.rules.signing import Side
from portal.caseload import queries
from portal.caseload.models import Confirmation
from portal.caseload.panels import PracticeAnswer, practice_source
from portal.caseload.rules.outcomes import Role
from portal.caseload.rules.work import Consulted, Held, Present, RecordAnswers
from portal.caseload.rules.working_days import next_working_day
from portal.caseload.service import (
    cases,
    confirmations,
    consultations,
    contacts,
    follow_up,
    outcomes,
    sessions,
)
from portal.cli.demo_answers import demonstration_answers
from portal.cli.demo_tools import Story, at, taken
from portal.db import current_session, unit_of_work
from portal.diagnostics import queries as diagnostic_queries
from portal.diagnostics import service as diagnostics
from portal.diagnostics.service import together
from portal.employers.models import Membership
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import Author

_WORDS = (
    "People leave before they know the job, and nobody wants to be supervisor.",
    "The rota comes out on Thursday for Monday. Parents cannot take the early shift.",
    "Two good team leaders went to full-time jobs elsewhere last year.",
    "They promote from within, but only people who can do five days.",
)
_GOALS = "Open the supervisor posts to job shares; send the rota out two weeks ahead"


def _waiting(case_id: int) -> list[str]:
    return list(
        current_session().scalars(
            select(Confirmation.reference)
            .where(Confirmation.case_id == case_id, Confirmation.state == "awaiting")
            .order_by(Confirmation.id)
        )
    )


def log(story: Story, kind: str, minutes: int, words: str, *, reached: bool = True) -> None:
    """A contact on the case."""
    with unit_of_work():
        taken(
            contacts.log(
                reference=story.case,
                kind=kind,
                reached=reached,
                minutes=minutes,
                with_name=story.contact,
                summary=words,
                by=story.adviser,
            )
        )


def first_call(story: Story, _day: date) -> None:
    """The first call, which reaches somebody or does not."""
    if story.sketch.twist == "missed":
        log(story, "call", 2, "No answer, left a message", reached=False)
        return
    log(story, "call", 10, "Said what the service offers. Happy to talk for half an hour.")


def consult(story: Story, day: date) -> None:
    """The phone consultation, with what the employer says of itself."""
    sketch = story.sketch
    profile = employer_profile(story.employer)
    hard = sketch.reach == "hard"
    given = Consulted(
        held_on=day,
        minutes=30,
        with_name=story.contact,
        with_job="Manager",
        business="Independent, open seven days a week",
        challenges=("recruiting", "turnover", "hours"),
        challenges_text=story.rng.choice(_WORDS),
        wants=(),
        next_step="session",
        next_kind="visit",
        next_on=next_working_day(day + timedelta(days=9)),
        shares_outcomes=True,
    )
    answers = RecordAnswers(
        headcount=sketch.people,
        part_time_headcount=sketch.part_time,
        iip_status="not_accredited" if hard else None,
        iip_evidence="Said on the phone by the manager" if hard else "",
        training_answer="no" if hard else None,
        training_note="Said on the phone by the manager" if hard else "",
    )
    with unit_of_work():
        taken(
            consultations.record(
                reference=story.case,
                given=given,
                answers=answers,
                version=profile.version if profile else 1,
                by=story.adviser,
            )
        )
        if sketch.twist == "waiting":
            case = queries.case_to_change(story.case)
            if case is not None:
                cases.wait_for_employer(case=case, what="A day on which both managers can meet")


def hold_session(story: Story, day: date) -> None:
    """The in-depth session with its diagnostic; the employer is asked to confirm it."""
    present = (
        Present(story.contact, "Manager", "employer"),
        Present(story.adviser.name, "Adviser", "provider"),
    )
    given = Held(
        held_on=day,
        minutes=90,
        mode="face_to_face" if story.sketch.days % 3 else "video",
        place="At the employer" if story.sketch.days % 3 else "",
        present=present,
        challenges=("turnover", "no_supervisors", "hours"),
        challenges_text=story.rng.choice(_WORDS),
        benefits=("pipeline", "turnover"),
        benefits_text="A supervisor for each shift without recruiting outside",
        goals_text=_GOALS,
        solutions_text="Split one supervisor post into two of 20 hours and see how it works",
    )
    with unit_of_work():
        held = taken(
            sessions.record(reference=story.case, given=given, by=story.adviser, finishes=True)
        )
        name, key = held.reference, held.id
    _diagnose(story, name)
    with unit_of_work():
        case = queries.case_to_change(story.case)
        if case is None:
            return
        taken(
            confirmations.ask(
                case=case,
                subject="session",
                record_id=key,
                reference=name,
                what=f"the in-depth session on {day.day} {day:%B %Y}",
                to_name=story.contact,
                to_email=story.email,
                by=story.adviser,
            )
        )
    if story.sketch.twist == "disputed session":
        answer(story, agrees=False, words="It lasted an hour, not an hour and a half")


def _diagnose(story: Story, session: str) -> None:
    profile = employer_profile(story.employer)
    if profile is None or profile.size_tier is None:
        return
    with unit_of_work():
        reference = taken(
            together.start_together(
                case=story.case,
                session=session,
                sector=profile.sector,
                size_tier=profile.size_tier,
                by=story.adviser,
            )
        )
    facts = diagnostic_queries.response_facts(reference)
    if facts is None:
        return
    values = demonstration_answers(
        facts.questionnaire_key,
        facts.questionnaire_version,
        sector=profile.sector,
        size=profile.size_tier,
        people=profile.headcount or 1,
        part_time=profile.part_time_headcount or 0,
        quality=story.rng.uniform(0.25, 0.65),
        rng=story.rng,
    )
    by = f"user:{story.adviser.user_id}"
    with unit_of_work():
        taken(diagnostics.save_answers(response_id=facts.id, values=values, seen=0, by=by))
    with unit_of_work():
        taken(diagnostics.complete(response_id=facts.id, by=story.adviser))


def answer(story: Story, *, agrees: bool, words: str = "") -> None:
    """The employer's contact answers every question that waits."""
    by = Author(None, story.contact, story.email)
    for reference in _waiting(story.case_id):
        with unit_of_work():
            taken(
                confirmations.answer(
                    reference=reference, agrees=agrees, words=words, by=by, by_link=True
                )
            )


def confirm(story: Story, _day: date) -> None:
    """The employer says that the session was as recorded."""
    answer(story, agrees=True)


def baseline(story: Story, day: date) -> None:
    """Outcomes as they stand at the start."""
    _record_outcomes(story, day, None, share=0.2)


def _record_outcomes(story: Story, day: date, months: int | None, *, share: float) -> None:
    posts = max(2, story.sketch.people // 8)
    part_time = story.sketch.part_time
    values = {
        "higher_posts": posts,
        "higher_posts_open": round(posts * share),
        "advertised": "yes" if months else "no",
        "policy_written": "written" if months else "none",
        "policy_posts": "under_way" if months else "none",
        "pathways_mapped": 2 if months else 0,
        "pathways_learning": 1 if months else 0,
        "reviews": round(part_time * share),
        "coaching": 1 if months else 0,
        "mentoring": 2 if months else 0,
        "training_people": round(part_time * share),
        "training_hours": round(part_time * share) * 4,
    }
    roles = [Role("Shift supervisor, job share", 2_350_000, "part_time", "yes")] if months else []
    given = outcomes.Given(true_on=day, answers=values, roles=roles)
    with unit_of_work():
        taken(outcomes.record(reference=story.case, months=months, given=given, by=story.adviser))


def make_plan(story: Story, _day: date) -> None:
    """The employer gets an account, and its plan is begun."""
    with unit_of_work() as session:
        user = taken(accounts.create_user(email=story.email, name=story.contact, confirmed=True))
        profile = employer_profile(story.employer)
        if profile is None:
            return
        session.add(Membership(employer_id=profile.id, user_id=user.id, role="owner"))
        story.owner = Author(user.id, story.contact, story.email)
    latest = diagnostic_queries.latest_completed(profile.id)
    if latest is None:
        return
    result = latest.result
    chosen = [item["key"] for item in result["recommendations"] if item["legal"]]
    chosen += [key for key in result["quick_wins"] if key not in chosen]
    chosen += [item["key"] for item in result["recommendations"] if item["key"] not in chosen][:4]
    with unit_of_work():
        taken(
            plans.start_plan(
                employer=story.employer,
                response=latest.reference,
                chosen=chosen,
                by=story.adviser,
            )
        )


def agree(story: Story, day: date) -> None:
    """Employer and adviser sign the same plan."""
    for side, by, job in (
        (Side.EMPLOYER, story.owner, "Owner"),
        (Side.ADVISER, story.adviser, "Adviser"),
    ):
        with unit_of_work():
            content = plans.current_content(story.employer)
            if content is None:
                return
            taken(
                plans.sign_off(
                    employer=story.employer,
                    seen=content.hash,
                    name=by.name,
                    job=job,
                    by=by,
                    side=side,
                )
            )
    story.agreed = day


def check_in(story: Story, _day: date) -> None:
    """A call between the plan and the training."""
    log(story, "call", 15, "The rota now goes out ten days ahead. Asked for help with reviews.")


def do_follow_up(story: Story, day: date) -> None:
    """The follow-up after three months."""
    source = practice_source()
    answers = {
        item.key: PracticeAnswer("embedded" if n % 2 else "under_way")
        for n, item in enumerate(source.items(story.employer) if source else ())
    }
    given = follow_up.Given(
        done_on=day,
        channel="call",
        minutes=20,
        with_name=story.contact,
        summary="Two of the practices have become habit. The job share started in September.",
        answers=answers,
    )
    with unit_of_work():
        taken(follow_up.record(reference=story.case, months=3, given=given, by=story.adviser))


def outcomes_later(story: Story, day: date) -> None:
    """Outcomes as they stand at the follow-up."""
    _record_outcomes(story, day, 3, share=0.5)


def close_early(story: Story, _day: date) -> None:
    """The employer does not want to go on."""
    if story.sketch.stops == "withdrew":
        _close_for(story, "employer_withdrew", "A new owner takes over in spring")


def close_complete(story: Story, _day: date) -> None:
    """The case is closed when its work is done."""
    if story.sketch.stops == "closed":
        _close_for(story, "completed", "")


def _close_for(story: Story, reason: str, note: str) -> None:
    facts = queries.case_facts(story.case)
    with unit_of_work():
        taken(
            cases.close_case(
                reference=story.case,
                reason=reason,
                note=note,
                revision=facts.revision if facts else 0,
                by=story.adviser,
            )
        )


def leave_standing(story: Story) -> None:
    """What is next on a case that goes on: soon for most, missed for some, nothing for a few."""
    facts = queries.case_facts(story.case)
    if facts is None or not facts.is_open or facts.next_due_on is not None:
        return
    if story.sketch.twist in {"no action", "quiet"}:
        return
    wait = story.rng.choice((-6, -2, 0, 1, 3, 5, 8, 12))
    due = clock.today() + timedelta(days=wait)
    made = min(clock.today(), due) - timedelta(days=3)
    with clock.freeze(at(made)), unit_of_work():
        case = queries.case_to_change(story.case)
        if case is None:
            return
        kind, what = story.rng.choice(
            (
                ("call", "Ask how the new rota works"),
                ("visit", "Go through the action plan"),
                ("email", "Send the job-share template"),
                ("video", "Show the review form to team leaders"),
            )
        )
        taken(cases.set_next_action(case=case, kind=kind, what=what, due_on=due, by=story.adviser))
