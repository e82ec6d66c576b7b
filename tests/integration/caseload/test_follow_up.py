"""Follow-ups: planned from the day the plan was agreed, recorded once, taken over by the plan."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from portal.action_plans import queries as plans
from portal.action_plans.rules.plan import ActionStatus
from portal.caseload import queries
from portal.caseload.models import Case, NextAction
from portal.caseload.queries import follow_up as follow_ups
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.caseload.service import follow_up as service
from portal.caseload.views.reminders import employer_panel, follow_up_panel
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer, TimelineEntry
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from portal.programme import queries as programme
from portal.programme.service import change_setting
from portal.web.access import Actor
from tests.factories.accounts import sign_in
from tests.factories.action_plans import add_actions, make_party, make_plan
from tests.factories.caseload import make_case, make_lep_officer, make_provider

SUBJECT = "plan_version:EXAMPLE/1"


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


def agree(case: Case, author, at: datetime | None = None) -> None:
    cases.note_milestone(case=case, kind=Milestone.PLAN, subject=SUBJECT, by=author, at=at)


@pytest.fixture
def provider(app):
    with unit_of_work():
        return make_provider()


@pytest.fixture
def planned(provider):
    """A case with a plan of four actions, agreed three months ago."""
    party = make_party()
    make_plan(party, count=3)
    add_actions(party, 1)
    with unit_of_work() as session:
        employer = session.scalar(select(Employer).where(Employer.reference == party.employer))
        case = make_case(
            provider,
            employer,
            opened_at=clock.utc_now() - timedelta(days=200),
            contact_name="Casey Contact",
            contact_phone="0113 496 0000",
        )
        agree(case, provider.author, clock.utc_now() - timedelta(days=100))
        reference = case.reference
    return party, reference


def path(reference: str, months: int = 3) -> str:
    return f"/cases/{reference}/follow-up/{months}"


def days_of(case_id: int) -> dict[int, date]:
    return {each.months: each.due_on for each in follow_ups.of_case(case_id)}


def entry(**changes: object) -> dict[str, object]:
    day = today()
    return {
        "done_on-day": day.day,
        "done_on-month": day.month,
        "done_on-year": day.year,
        "channel": "call",
        "with_name": "Casey Contact",
        "minutes": "12",
        "heard": "Rotas go out two weeks ahead now.",
        **changes,
    }


# --- Planning --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # The last day of a month; the 12-month day is a Monday.
        (datetime(2026, 11, 30, 12, tzinfo=UTC), ["2027-03-01", "2027-06-01", "2027-11-30"]),
        # Half past midnight in London is the day before in UTC: the London day counts.
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), ["2026-10-01", "2027-01-04", "2027-07-01"]),
        # The night in which the clocks go back.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ["2027-01-25", "2027-04-26", "2027-10-25"]),
        # Three months on is New Year's Day.
        (datetime(2026, 10, 1, 9, tzinfo=UTC), ["2027-01-04", "2027-04-01", "2027-10-01"]),
    ],
)
def test_follow_ups_are_planned_when_the_plan_is_agreed(provider, now, expected) -> None:
    with clock.freeze(now):
        with unit_of_work():
            case = make_case(provider)
            agree(case, provider.author)
            agree(case, provider.author)
        days = days_of(case.id)
    assert list(days) == [3, 6, 12]
    assert [day.isoformat() for day in days.values()] == expected
    lines = current_session().scalars(
        select(TimelineEntry).where(
            TimelineEntry.employer_id == case.employer_id, TimelineEntry.kind == "follow_up"
        )
    )
    assert [line.title for line in lines] == ["Follow-ups planned"]


def test_new_settings_hold_for_plans_agreed_later(provider) -> None:
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with clock.freeze(start), unit_of_work():
        first = make_case(provider)
        agree(first, provider.author)
        changed = change_setting(
            key="follow_up_months",
            value=[2, 9],
            effective_from=date(2026, 4, 1),
            changed_by=None,
        )
        assert isinstance(changed, Ok)
    programme.forget()
    with clock.freeze(start + timedelta(days=60)), unit_of_work():
        agree(first, provider.author)
        later, backdated = make_case(provider), make_case(provider)
        agree(later, provider.author)
        # Signed off before the change, written down after it.
        agree(backdated, provider.author, start)
    assert list(days_of(first.id)) == [3, 6, 12]
    assert list(days_of(later.id)) == [2, 9]
    assert list(days_of(backdated.id)) == [3, 6, 12]


def test_a_closed_case_is_not_planned_for(provider) -> None:
    with unit_of_work():
        case = make_case(provider)
        closed = cases.close_case(
            reference=case.reference,
            reason="no_contact",
            note="",
            revision=case.revision,
            by=provider.author,
        )
        assert isinstance(closed, Ok)
        agree(case, provider.author)
    assert days_of(case.id) == {}


def test_planned_by_hand_where_the_plan_was_agreed_elsewhere(client, provider) -> None:
    with unit_of_work():
        case = make_case(provider)
        reference, case_id = case.reference, case.id
    sign_in(client, provider.adviser)
    address = f"/cases/{reference}/follow-ups"
    tomorrow = today() + timedelta(days=1)
    refused = client.submit(
        address,
        {
            "agreed_on-day": tomorrow.day,
            "agreed_on-month": tomorrow.month,
            "agreed_on-year": tomorrow.year,
        },
    )
    assert "or earlier" in text_of(refused)
    done = client.submit(
        address, {"agreed_on-day": "31", "agreed_on-month": "8", "agreed_on-year": "2025"}
    )
    assert "Due 1 December 2025" in text_of(done)  # 30 November is a Sunday
    assert "days late" in text_of(done)
    assert list(days_of(case_id)) == [3, 6, 12]
    with unit_of_work():
        again = service.plan(reference=reference, agreed_on=today(), by=provider.author)
    assert isinstance(again, Err)


# --- Doing one -------------------------------------------------------------------------------


def statuses(party) -> list[str]:
    plan = plans.active_plan(party.employer)
    assert plan is not None
    goals = plans.goals_with_actions(plan.id)
    return [action.status.value for goal in goals for action in goal.live]


def keys_of(page) -> list[str]:
    value = page.find("input", {"name": "shown"})["value"]
    return str(value).split()


def test_a_follow_up_is_recorded_and_the_plan_takes_it_over(client, provider, planned) -> None:
    party, reference = planned
    sign_in(client, provider.adviser)
    page = client.soup(path(reference))
    keys = keys_of(page)
    assert len(keys) == 4
    assert page.find("a", href="tel:01134960000")
    assert page.find("input", {"name": "with_name"})["value"] == "Casey Contact"
    answers = {f"answer_{key}": "embedded" for key in keys[:2]}
    answers |= {f"answer_{keys[2]}": "stopped", f"note_{keys[2]}": "The champion left"}
    done = client.submit(path(reference), entry(**answers))
    said = text_of(done)
    assert "3-month follow-up recorded" in said
    assert "late" in said
    assert "The champion left" in said
    assert statuses(party) == ["embedded", "embedded", "not_started", "not_started"]
    plan = plans.active_plan(party.employer)
    stopped = plans.action_facts(plan.id, keys[2])
    history = plans.history(stopped.id)
    assert "3-month follow-up on" in history[0].note
    assert "stopped. The champion left" in history[0].note
    assert history[0].by_name == provider.adviser.name
    embedded = plans.history(plans.action_facts(plan.id, keys[0]).id)
    assert [line.new_status for line in embedded[:2]] == ["embedded", "done"]
    untouched = plans.history(plans.action_facts(plan.id, keys[3]).id)
    assert not any("follow-up" in line.note for line in untouched)
    facts = queries.case_facts(reference)
    assert Milestone.FOLLOW_UP in queries.held_milestones(facts.id)
    assert (facts.contact_count, facts.last_contact_at is None) == (1, False)
    line = current_session().scalar(
        select(TimelineEntry)
        .where(TimelineEntry.employer_id == facts.employer_id, TimelineEntry.kind == "follow_up")
        .order_by(TimelineEntry.id.desc())
        .limit(1)
    )
    assert line.title == "3-month follow-up: 2 of 3 practices asked about are embedded"
    assert line.text == "Rotas go out two weeks ahead now."


def test_what_stopped_or_never_began_is_work_again(client, provider, planned) -> None:
    party, reference = planned
    plan = plans.active_plan(party.employer)
    with unit_of_work():
        for action in plans.actions_to_change(plan.id)[:3]:
            action.status = ActionStatus.DONE.value
    sign_in(client, provider.adviser)
    keys = keys_of(client.soup(path(reference)))
    client.submit(
        path(reference),
        entry(
            **{
                f"answer_{keys[0]}": "stopped",
                f"answer_{keys[1]}": "not_started",
                f"answer_{keys[3]}": "under_way",
            }
        ),
    )
    assert statuses(party) == ["in_progress", "in_progress", "done", "in_progress"]


def test_a_plan_changed_meanwhile_is_looked_at_again(client, provider, planned) -> None:
    party, reference = planned
    sign_in(client, provider.adviser)
    page = client.soup(path(reference))
    keys = keys_of(page)
    token = page.find("main").find("input", {"name": "csrf_token"})["value"]
    add_actions(party, 2)
    sent = entry(**{f"answer_{keys[0]}": "embedded", f"note_{keys[0]}": "Since May"})
    answer = client.post(
        path(reference), data={**sent, "csrf_token": token, "shown": " ".join(keys)}
    )
    assert "action plan was changed while you had this page open" in text_of(answer)
    body = answer.get_data(as_text=True)
    assert 'value="Since May"' in body
    assert "Rotas go out two weeks ahead now." in body
    assert "Own action 2" in body
    assert follow_ups.one(queries.case_facts(reference).id, 3).state == "planned"
    # The service holds the plan and looks for itself.
    with unit_of_work():
        given = service.Given(today(), "call", 5, "Casey", "Well", answers={})
        refused = service.record(reference=reference, months=3, given=given, by=provider.author)
    assert isinstance(refused, Err)
    assert refused.problem.code == service.PLAN_CHANGED


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channel": "pigeon"}, "Choose one of the options"),
        ({"with_name": ""}, "Enter who you spoke to"),
        ({"minutes": ""}, "Enter how many minutes"),
        ({"minutes": "2000"}, "must be 1,440 or fewer"),
        ({"heard": ""}, "Enter what you heard"),
        ({"done_on-year": "2019"}, "The case was opened on"),
        ({"done_on-year": "2099"}, "or earlier"),
        ({"next_what": "Send the guide"}, "Choose what kind of action comes next"),
        ({"next_kind": "email"}, "Enter the day of the next action"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(client, provider, planned, changes, says) -> None:
    _party, reference = planned
    sign_in(client, provider.adviser)
    answer = client.submit(path(reference), entry(**{"heard": "Keep this", **changes}))
    assert says in text_of(answer)
    if "heard" not in changes:
        assert "Keep this" in answer.get_data(as_text=True)
    assert follow_ups.one(queries.case_facts(reference).id, 3).state == "planned"


def test_the_next_action_is_set_on_the_way(client, provider, planned) -> None:
    _party, reference = planned
    with unit_of_work():
        case = queries.case_to_change(reference)
        cases.set_next_action(
            case=case, kind="call", what="Ring for 3 months", due_on=today(), by=provider.author
        )
    sign_in(client, provider.adviser)
    soon = today() + timedelta(days=9)
    client.submit(
        path(reference),
        entry(
            next_done="y",
            next_kind="email",
            next_what="Send the rota guide",
            **{
                "next_due_on-day": soon.day,
                "next_due_on-month": soon.month,
                "next_due_on-year": soon.year,
            },
        ),
    )
    rows = current_session().execute(
        select(NextAction.what, NextAction.state).order_by(NextAction.id)
    )
    found = [tuple(row) for row in rows]
    assert found[-2:] == [("Ring for 3 months", "done"), ("Send the rota guide", "open")]


def test_early_is_allowed_and_done_once(client, provider, planned) -> None:
    _party, reference = planned
    sign_in(client, provider.adviser)
    done = client.submit(path(reference, 12), entry())
    assert "early" in text_of(done)
    again = client.post(path(reference, 12), data=entry())
    assert again.status_code == 419  # without the form's token
    keys = [item.item for item in follow_ups.answers_of([_id(reference, 12)])[_id(reference, 12)]]
    with unit_of_work():
        answers = {key: service.PracticeAnswer("not_asked") for key in keys}
        given = service.Given(today(), "call", 5, "Casey", "Again", answers=answers)
        twice = service.record(reference=reference, months=12, given=given, by=provider.author)
    assert isinstance(twice, Err)
    assert twice.problem.code == "done_already"
    page = text_of(client.get(path(reference, 12)))
    assert "A recorded follow-up is not changed" in page
    noted = client.submit(
        path(reference, 12),
        {"text": "It was 3 people,\nnot 2."},
        form=f"{path(reference, 12)}/note",
    )
    assert "It was 3 people, not 2." in text_of(noted)
    empty = client.submit(path(reference, 12), {"text": " "}, form=f"{path(reference, 12)}/note")
    assert "Enter the note" in text_of(empty)


def _id(reference: str, months: int) -> int:
    found = follow_ups.one(queries.case_facts(reference).id, months)
    assert found is not None
    return found.id


def test_one_is_skipped_with_a_reason_and_may_still_be_done(client, provider, planned) -> None:
    _party, reference = planned
    sign_in(client, provider.adviser)
    nothing = client.submit(f"{path(reference)}/skip", {"reason": ""})
    assert "Say why this follow-up is skipped" in text_of(nothing)
    skipped = client.submit(f"{path(reference)}/skip", {"reason": "Closed for refurbishment"})
    assert "Closed for refurbishment" in text_of(skipped)
    assert "Skipped" in text_of(skipped)
    done = client.submit(path(reference), entry())
    assert "3-month follow-up recorded" in text_of(done)
    found = follow_ups.one(queries.case_facts(reference).id, 3)
    assert (found.state, found.skip_reason) == ("done", None)
    late = client.submit(f"{path(reference)}/skip", {"reason": "Too late"})
    assert "recorded this follow-up already" in text_of(late)


def test_without_a_plan_what_was_heard_is_still_recorded(client, provider) -> None:
    with unit_of_work():
        case = make_case(provider)
        agree(case, provider.author)
        reference = case.reference
    sign_in(client, provider.adviser)
    assert "There is no active action plan" in text_of(client.get(path(reference)))
    done = client.submit(path(reference), entry(channel="email"))
    assert "E-mail, 12 minutes" in text_of(done)
    assert follow_ups.answers_of([_id(reference, 3)]) == {}


def test_who_may_see_and_who_may_record(client, provider, planned) -> None:
    _party, reference = planned
    assert client.get(path(reference)).status_code == 302
    with unit_of_work():
        other, officer = make_provider(), make_lep_officer()
    sign_in(client, other.adviser)
    for address in (path(reference), f"/cases/{reference}/follow-ups", f"{path(reference)}/skip"):
        assert client.get(address).status_code == 404
    sign_in(client, officer)
    page = client.soup(path(reference))
    assert page.find("main").find("form") is None
    assert client.get(f"{path(reference)}/skip").status_code == 403
    sign_in(client, provider.adviser)
    assert client.get(path(reference, 4)).status_code == 404


def test_a_closed_case_is_read_only(client, provider, planned) -> None:
    _party, reference = planned
    with unit_of_work():
        facts = queries.case_facts(reference)
        cases.close_case(
            reference=reference,
            reason="no_contact",
            note="",
            revision=facts.revision,
            by=provider.author,
        )
    sign_in(client, provider.adviser)
    assert "It can be recorded once the case is reopened" in text_of(client.get(path(reference)))
    with unit_of_work():
        refused = service.skip(reference=reference, months=3, reason="Closed", by=provider.author)
    assert isinstance(refused, Err)
    assert refused.problem.code == "case_closed"


# --- Lists and cards -------------------------------------------------------------------------


def test_what_is_due_of_whom(provider, planned) -> None:
    _party, reference = planned
    with unit_of_work():
        other = make_provider()
        far = make_case(provider)
        agree(far, provider.author)
    mine = {provider.organisation.id}
    soon = today() + timedelta(days=7)
    due = follow_ups.due(mine, until=soon)
    assert [(each.case_reference, each.name) for each in due] == [(reference, "3-month follow-up")]
    assert due[0].due_on < today()
    assert follow_ups.due(mine, adviser_id=provider.manager.id, until=soon) == []
    assert len(follow_ups.due(mine, adviser_id=provider.adviser.id, until=soon)) == 1
    assert follow_ups.due({other.organisation.id}, until=soon) == []
    assert follow_ups.due(set(), until=soon) == []
    # Six follow-ups in all; both of the 12-month ones lie within 400 days.
    everything = follow_ups.due(mine, until=today() + timedelta(days=400))
    assert len(everything) == 6


def test_cards_say_what_is_next(app, provider, planned) -> None:
    party, reference = planned
    with app.test_request_context():
        facts = queries.case_facts(reference)
        panel = follow_up_panel(facts, Actor())
        assert panel.tint
        assert "3-month follow-up" in panel.text
        assert "late" in panel.text
        assert panel.meta == "0 of 3 done"
        profile = employer_profile(party.employer)
        own = Actor(user_id=party.owner_id, employers={party.employer: "owner"})
        assert employer_panel(profile, Actor()) is None
        assert "We meant to be in touch around" in employer_panel(profile, own).text
    keys = [item.reference for item in _actions(party)]
    with unit_of_work():
        given = service.Given(
            today(),
            "video",
            5,
            "Casey",
            "Well",
            answers={key: service.PracticeAnswer("embedded") for key in keys},
        )
        done = service.record(reference=reference, months=3, given=given, by=provider.author)
        assert isinstance(done, Ok), done
    with app.test_request_context():
        shown = employer_panel(profile, own)
        assert "4 of 4 practices asked about are embedded" in shown.meta
        assert follow_up_panel(queries.case_facts(reference), own).meta == "1 of 3 done"


def _actions(party):
    plan = plans.active_plan(party.employer)
    return [action for goal in plans.goals_with_actions(plan.id) for action in goal.live]
