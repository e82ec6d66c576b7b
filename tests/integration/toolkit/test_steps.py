"""An employer's people mark the steps of a toolkit; finishing one is told once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.caseload.merging import merge_policies
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import TimelineEntry
from portal.employers.queries.held import read_table
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.toolkit.models import Resource, ToolkitStep
from portal.toolkit.queries import steps as queries
from portal.toolkit.rules.steps import COMPLETED
from portal.toolkit.service import resources, steps
from portal.toolkit.service.steps import Marked
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership
from tests.factories.toolkit import make_content, make_draft, make_published
from tests.support.client import PortalClient

BY = Author(None, "Example Owner")


@pytest.fixture
def toolkit(session: PortalSession) -> Resource:
    with unit_of_work():
        return make_published(kind="toolkit", title="Two steps ahead")


def mark(slug: str, employer: int, step: str, *, done: bool = True) -> Marked:
    with unit_of_work():
        marked = steps.mark(slug=slug, employer_id=employer, step=step, done=done, by=BY)
    assert isinstance(marked, Ok), marked
    return marked.value


def told(employer: int) -> int:
    return (
        current_session().scalar(
            select(func.count())
            .select_from(TimelineEntry)
            .where(TimelineEntry.employer_id == employer, TimelineEntry.kind == "toolkit")
        )
        or 0
    )


def test_finishing_is_told_once(toolkit: Resource) -> None:
    with unit_of_work():
        employer = make_employer().id
    first = mark(toolkit.slug, employer, "ask-first")
    assert (first.progress.words, first.finished) == ("1 of 2 steps", False)
    assert mark(toolkit.slug, employer, "ask-first").progress.done == 1
    assert told(employer) == 0
    assert mark(toolkit.slug, employer, "then-decide").finished
    assert told(employer) == 1
    back = mark(toolkit.slug, employer, "ask-first", done=False)
    assert (back.progress.done, back.progress.completed_at is None) == (1, False)
    again = mark(toolkit.slug, employer, "ask-first")
    assert (again.progress.is_whole, again.finished) == (True, False)
    assert told(employer) == 1


def test_each_employer_has_its_own(toolkit: Resource) -> None:
    with unit_of_work():
        one, other = make_employer().id, make_employer().id
    mark(toolkit.slug, one, "ask-first")
    assert set(queries.steps_done(one, toolkit.id)) == {"ask-first"}
    assert queries.steps_done(other, toolkit.id) == {}
    assert [each.title for each in queries.begun(one)] == ["Two steps ahead"]


def test_what_is_no_step_is_refused(toolkit: Resource) -> None:
    with unit_of_work():
        employer = make_employer().id
        draft, guide = make_draft(kind="toolkit"), make_published()
        answers = [
            steps.mark(slug=slug, employer_id=employer, step=step, done=True, by=BY)
            for slug, step in (
                (toolkit.slug, "no-such-step"),
                (toolkit.slug, COMPLETED),
                (toolkit.slug, ""),
                (draft.slug, "ask-first"),
                (guide.slug, "ask-first"),
                ("nothing-here", "ask-first"),
            )
        ]
    assert all(isinstance(answer, Err) for answer in answers)
    assert queries.begun(employer) == []


def test_a_new_version_keeps_what_was_done(toolkit: Resource) -> None:
    with unit_of_work():
        employer = make_employer().id
    mark(toolkit.slug, employer, "ask-first")
    with unit_of_work():
        resources.save_version(
            reference=toolkit.reference,
            revision=toolkit.revision,
            content=make_content(
                body="## Ask first\n\nAs before [@example-source].\n\n## Look back\n\nNew.\n\n"
                "## Tell people\n\nNew too.\n"
            ),
            change_note="",
            by=BY,
        )
        resources.publish(
            reference=toolkit.reference, revision=toolkit.revision, reason="Small", by=BY
        )
    assert mark(toolkit.slug, employer, "look-back").progress.words == "2 of 3 steps"


def test_a_member_marks_on_the_page(toolkit: Resource, client: PortalClient) -> None:
    with unit_of_work():
        employer = make_employer(trading_name="Example Café")
        member, stranger = make_user(), make_user()
        make_membership(employer_id=employer.id, user_id=member.id)
    path = f"/toolkit/{toolkit.slug}"
    assert "Sign in" in client.soup(path).select_one("article").text
    sign_in(client, member)
    page = client.soup(path)
    assert "0 of 2 steps" in page.text
    answer = client.submit(path, form="mark-1")
    assert answer.status_code == 200
    assert "1 of 2 steps" in answer.text
    answer = client.submit(path, form="mark-2")
    assert "Every step is done" in answer.text
    assert "Completed on" in answer.text
    timeline = client.soup(f"/employers/{employer.reference}/timeline")
    assert "Toolkit completed: Two steps ahead" in timeline.text
    assert timeline.find("a", href=path) is not None
    answer = client.submit(path, form="mark-1")
    assert "1 of 2 steps" in answer.text
    sign_in(client, stranger)
    page = client.soup(f"{path}?employer={employer.reference}")
    assert "of 2 steps" not in page.text


def test_nobody_marks_for_another_employer(toolkit: Resource, client: PortalClient) -> None:
    with unit_of_work():
        own, other, member = make_employer(), make_employer(), make_user()
        make_membership(employer_id=own.id, user_id=member.id)
    sign_in(client, member)
    path = f"/toolkit/{toolkit.slug}"
    refused = client.submit(path, {"employer": other.reference}, form="mark-1")
    assert refused.status_code == 403
    assert queries.steps_done(other.id, toolkit.id) == {}
    assert client.submit(path, {"step": "no-such-step"}, form="mark-1").status_code == 200


def test_somebody_of_two_employers_chooses(toolkit: Resource, client: PortalClient) -> None:
    with unit_of_work():
        one, other = make_employer(name="Example One"), make_employer(name="Example Two")
        member = make_user()
        make_membership(employer_id=one.id, user_id=member.id)
        make_membership(employer_id=other.id, user_id=member.id)
    sign_in(client, member)
    path = f"/toolkit/{toolkit.slug}"
    page = client.soup(path)
    assert not page.select("form[method=post][action*=steps]")
    assert len(page.select("select[name=employer] option")) == 2
    page = client.soup(f"{path}?employer={other.reference}")
    hidden = {box["value"] for box in page.select("form[action*=steps] input[name=employer]")}
    assert hidden == {other.reference}


def test_a_merge_keeps_each_step_once(toolkit: Resource) -> None:
    with unit_of_work():
        kept, merged = make_employer().id, make_employer().id
    mark(toolkit.slug, kept, "ask-first")
    mark(toolkit.slug, merged, "ask-first")
    mark(toolkit.slug, merged, "then-decide")
    policy = next(p for p in merge_policies() if p.column == "toolkit_steps.employer_id")
    assert policy.rule is not None
    staying = policy.rule(kept, merged).staying
    both = current_session().scalars(
        select(ToolkitStep.id).where(
            ToolkitStep.employer_id == merged, ToolkitStep.step == "ask-first"
        )
    )
    assert set(staying) == set(both)


def test_an_employer_takes_its_steps_away(toolkit: Resource) -> None:
    with unit_of_work():
        employer = make_employer().id
    mark(toolkit.slug, employer, "ask-first")
    mark(toolkit.slug, employer, "then-decide")
    header, rows = read_table(queries.STEPS, employer)
    assert "Toolkit" in header
    assert [row[0] for row in rows] == ["Ask first", "Then decide", "Every step"]
