"""Resources live from draft to retirement; versions stay; what came with the portal is loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import ResourceTag, ResourceTest
from portal.toolkit.queries import resources as found
from portal.toolkit.rules.content_file import SeedResource
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.service import loading, resources
from tests.factories.employers import make_employer
from tests.factories.toolkit import make_content, make_draft, make_published


def feedback_from(resource_id: int, number: int, count: int) -> None:
    for serial in range(count):
        current_session().add(
            ResourceTest(
                resource_id=resource_id,
                number=number,
                employer_id=make_employer().id,
                to_name="Example Tester",
                to_email="tester@example.org",
                token_hash=f"{resource_id}-{number}-{serial}".ljust(64, "0"),
                due_on=date(2026, 12, 1),
                state="answered",
                answered_at=utc_now(),
                clear=4,
                useful=5,
                doable=3,
                would_use="yes",
                asked_name="Example Editor",
            )
        )
    current_session().flush()


def test_a_draft_is_tested_before_it_is_published(session: PortalSession) -> None:
    with unit_of_work():
        resource = make_draft()
        early = resources.publish(
            reference=resource.reference, revision=resource.revision, reason="x", by=PORTAL
        )
        resources.begin_testing(reference=resource.reference, revision=resource.revision, by=PORTAL)
        untested = resources.publish(
            reference=resource.reference, revision=resource.revision, reason="", by=PORTAL
        )
        feedback_from(resource.id, 1, 2)
        done = resources.publish(
            reference=resource.reference, revision=resource.revision, reason="", by=PORTAL
        )
    assert isinstance(early, Err)
    assert early.problem.code == "resource_state"
    assert isinstance(untested, Err)
    assert untested.problem.code == "not_tested"
    assert isinstance(done, Ok)
    shown = found.published(resource.slug)
    assert shown is not None
    assert shown.is_current
    assert [line.what for line in found.events(resource.id)] == [
        "published",
        "in testing",
        "created",
    ]


def test_readers_see_the_published_version_while_the_next_is_written(
    session: PortalSession,
) -> None:
    with unit_of_work():
        resource = make_published(title="As it was")
        saved = resources.save_version(
            reference=resource.reference,
            revision=resource.revision,
            content=make_content(title="As it will be", sectors=()),
            change_note="Clearer",
            by=PORTAL,
        )
    assert isinstance(saved, Ok)
    shown = found.published(resource.slug)
    assert shown is not None
    assert (shown.content.title, shown.number) == ("As it was", 1)
    latest = found.resource(resource.reference)
    assert latest is not None
    assert (latest.content.title, latest.number, latest.is_current) == ("As it will be", 2, False)
    with unit_of_work():
        resources.publish(
            reference=resource.reference,
            revision=resource.revision,
            reason="Small change of words",
            by=PORTAL,
        )
    after = found.published(resource.slug)
    assert after is not None
    assert after.content.title == "As it will be"
    sectors = set(
        session.scalars(
            select(ResourceTag.value).where(
                ResourceTag.resource_id == resource.id, ResourceTag.kind == "sector"
            )
        )
    )
    assert sectors == {"retail", "hospitality", "social_care"}


def test_two_editors_at_once_lose_nothing(session: PortalSession) -> None:
    with unit_of_work():
        resource = make_draft()
        seen = resource.revision
        first = resources.save_version(
            reference=resource.reference,
            revision=seen,
            content=make_content(title="First"),
            change_note="",
            by=PORTAL,
        )
        second = resources.save_version(
            reference=resource.reference,
            revision=seen,
            content=make_content(title="Second"),
            change_note="",
            by=PORTAL,
        )
    assert isinstance(first, Ok)
    assert isinstance(second, list)
    assert [problem.code for problem in second] == ["stale"]
    assert next(line.title for line in found.versions(resource.id)) == "First"


def test_the_same_text_makes_no_version_and_an_old_one_comes_back(session: PortalSession) -> None:
    with unit_of_work():
        resource = make_draft(title="One")
        content = found.content_of(resources.version_of(resource, 1))
        same = resources.save_version(
            reference=resource.reference,
            revision=resource.revision,
            content=content,
            change_note="",
            by=PORTAL,
        )
        resources.save_version(
            reference=resource.reference,
            revision=resource.revision,
            content=replace(content, title="Two"),
            change_note="",
            by=PORTAL,
        )
        back = resources.restore_version(
            reference=resource.reference, revision=resource.revision, number=1, by=PORTAL
        )
    assert isinstance(same, Ok)
    assert same.value.number == 1
    assert isinstance(back, Ok)
    assert [(line.number, line.title) for line in found.versions(resource.id)] == [
        (3, "One"),
        (2, "Two"),
        (1, "One"),
    ]


def test_a_retired_resource_names_what_to_read_instead(session: PortalSession) -> None:
    with unit_of_work():
        old, new = make_published(), make_published()
        silent = resources.retire(
            reference=old.reference, revision=old.revision, reason=" ", replaced_by="", by=PORTAL
        )
        done = resources.retire(
            reference=old.reference,
            revision=old.revision,
            reason="The law has changed",
            replaced_by=new.slug,
            by=PORTAL,
        )
    assert isinstance(silent, Err)
    assert isinstance(done, Ok)
    assert found.published(old.slug) is None
    assert found.redirect_of(old.slug) == (ResourceState.RETIRED, new.slug)
    assert not session.scalars(
        select(ResourceTag.id).where(ResourceTag.resource_id == old.id)
    ).all()


def seed(text: str, *, digest: str) -> SeedResource:
    return SeedResource("example-key", "guide", make_content(title=text), digest)


def test_loading_again_changes_nothing_and_keeps_what_was_edited_here(
    session: PortalSession,
) -> None:
    with unit_of_work():
        first = loading.load([seed("One", digest="a")])
        again = loading.load([seed("One", digest="a")])
        newer = loading.load([seed("Two", digest="b")])
    assert (first.added, again.unchanged, newer.updated) == (1, 1, 1)
    shown = found.published("example-key")
    assert shown is not None
    assert (shown.content.title, shown.number) == ("Two", 2)
    with unit_of_work():
        resources.save_version(
            reference=shown.reference,
            revision=shown.revision,
            content=make_content(title="Edited here"),
            change_note="",
            by=Author(None, "Example Editor"),
        )
        third = loading.load([seed("Three", digest="c")])
    assert third.kept == 1
    kept = found.published("example-key")
    assert kept is not None
    assert kept.content.title == "Two"
    latest = found.resource(shown.reference)
    assert latest is not None
    assert (latest.content.title, latest.number) == ("Three", 4)


@pytest.mark.parametrize("changes", [{"title": ""}, {"audiences": ()}])
def test_a_wrong_text_is_refused_and_nothing_is_kept(
    session: PortalSession, changes: dict[str, object]
) -> None:
    with unit_of_work():
        refused = resources.create(kind="guide", content=make_content(**changes), by=PORTAL)
    assert isinstance(refused, list)
    assert all(isinstance(problem, Problem) for problem in refused)
    assert found.count_by_state() == {}
