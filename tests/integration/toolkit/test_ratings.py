"""Readers rate and comment; sums stay true; staff read comments first."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from portal.toolkit.models import ResourceRating
from portal.toolkit.queries import ratings as queries
from portal.toolkit.service import ratings as service
from portal.toolkit.service import resources
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_provider
from tests.factories.toolkit import make_draft, make_published
from tests.integration.toolkit.pages import text_of, the_resource


def sums(reference: str) -> tuple[int, int]:
    found = the_resource(reference)
    assert (found.rating_count, found.stars) == queries.recounted(found.id)
    return found.rating_count, found.stars


@pytest.fixture
def shown(session: Any) -> Any:
    with unit_of_work():
        return make_published()


def browser(app: Any, name: str) -> Any:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = name
    return client


def test_a_visitor_rates_without_an_account_and_may_change_it(app: Any, shown: Any) -> None:
    client = browser(app, "Mozilla/5.0 (one)")
    path = f"/toolkit/{shown.slug}/rate"
    page = client.soup(f"{path}?stars=4")
    assert page.find("input", {"name": "stars", "value": "4"}).has_attr("checked")
    done = client.submit(path, {"stars": "4", "comment": "Clear", "sector": "retail"})
    assert "Your rating is counted" in text_of(done)
    assert sums(shown.reference) == (1, 4)
    client.submit(path, {"stars": "2", "comment": "Clear"})
    assert sums(shown.reference) == (1, 2)
    other = browser(app, "Mozilla/5.0 (two)")
    other.submit(path, {"stars": "5"})
    assert sums(shown.reference) == (2, 7)
    assert "Choose from 1 to 5" in text_of(other.submit(path, {"stars": ""}))
    assert "Choose one of the options" in text_of(other.submit(path, {"stars": "9"}))


def test_somebody_signed_in_has_one_rating_whatever_the_day(app: Any, shown: Any) -> None:
    with unit_of_work():
        reader = make_user()
    path = f"/toolkit/{shown.slug}/rate"
    for stars, agent in (("3", "a"), ("5", "b")):
        client = browser(app, f"Mozilla/5.0 ({agent})")
        sign_in(client, reader)
        client.submit(path, {"stars": stars, "comment": "Mine"})
    assert sums(shown.reference) == (1, 5)
    page = client.soup(path)
    assert "Change your rating" in page.h1.get_text()
    assert page.find("textarea", {"name": "comment"}).get_text().strip() == "Mine"


def test_reading_needs_no_cookie(app: Any, shown: Any) -> None:
    answer = app.test_client().get(f"/toolkit/{shown.slug}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_the_page_shows_the_average_with_how_many(app: Any, shown: Any, client: Any) -> None:
    assert "Nobody has rated it yet" in text_of(client.get(f"/toolkit/{shown.slug}"))
    for number, stars in enumerate((5, 4, 4)):
        one = browser(app, f"Mozilla/5.0 ({number})")
        one.submit(f"/toolkit/{shown.slug}/rate", {"stars": str(stars)})
    page = text_of(client.get(f"/toolkit/{shown.slug}"))
    assert "4.3 of 5 from 3 readers" in page


def test_a_comment_waits_is_shown_changed_and_hidden(app: Any, shown: Any) -> None:
    reader = browser(app, "Mozilla/5.0 (reader)")
    path = f"/toolkit/{shown.slug}/rate"
    reader.submit(
        path, {"stars": "1", "comment": "<b>Buy</b> at https://spam.example/x <script>x</script>"}
    )
    public = f"/toolkit/{shown.slug}"
    assert "Buy at" not in text_of(reader.get(public))
    with unit_of_work():
        provider = make_provider()
    staff = app.test_client()
    sign_in(staff, provider.adviser)
    waiting = staff.get("/toolkit/manage/comments")
    assert "Buy at (link taken out)" in text_of(waiting)
    assert "spam.example" not in waiting.get_data(as_text=True)
    key = current_session().scalars(select(ResourceRating.reference)).one()
    staff.submit("/toolkit/manage/comments", form=f"show-{key}", decision="show")
    assert "Buy at (link taken out)" in text_of(reader.get(public))
    reader.submit(path, {"stars": "2", "comment": "Other words"})
    assert "Other words" not in text_of(reader.get(public))
    refused = staff.submit("/toolkit/manage/comments", form=f"hide-{key}", decision="hide")
    assert "Say why the comment is not shown" in text_of(refused)
    staff.submit(
        "/toolkit/manage/comments", {"reason": "An advert"}, form=f"hide-{key}", decision="hide"
    )
    assert "An advert" in text_of(staff.get("/toolkit/manage/comments?state=hidden"))
    assert "Other words" not in text_of(reader.get(public))
    assert sums(shown.reference) == (1, 2)
    actions = current_session().scalars(
        select(AuditEntry.action).where(AuditEntry.action.startswith("resource_comment"))
    )
    assert sorted(actions) == ["resource_comment.hidden", "resource_comment.shown"]


def test_those_who_write_do_not_rate(app: Any, client: Any, shown: Any) -> None:
    with unit_of_work():
        provider = make_provider()
    sign_in(client, provider.adviser)
    page = client.get(f"/toolkit/{shown.slug}/rate", follow_redirects=True)
    assert "not by those who write them" in text_of(page)


def test_only_what_is_published_is_rated(app: Any, client: Any, session: Any) -> None:
    with unit_of_work():
        draft = make_draft()
        gone = make_published()
        resources.retire(
            reference=gone.reference,
            revision=gone.revision,
            reason="Old",
            replaced_by="",
            by=PORTAL,
        )
        slugs = draft.slug, gone.slug
    for slug in (*slugs, "nothing-here"):
        assert client.get(f"/toolkit/{slug}/rate").status_code == 404
        with unit_of_work():
            refused = service.rate(slug=slug, stars=3, comment="", sector="", user_id=None)
        assert isinstance(refused, Err)


def test_many_tries_are_slowed_down(app: Any, shown: Any) -> None:
    client = browser(app, "Mozilla/5.0 (fast)")
    path = f"/toolkit/{shown.slug}/rate"
    token = client.soup(path).find("input", {"name": "csrf_token"})["value"]
    answers = [
        client.post(path, data={"csrf_token": token, "stars": "5"}).status_code for _ in range(12)
    ]
    assert answers[:10] == [302] * 10
    assert answers[10:] == [429] * 2
    assert sums(shown.reference) == (1, 5)


def test_sums_stay_what_a_recount_says(app: Any, shown: Any) -> None:
    chance = random.Random(5)  # noqa: S311 - the same choices at every run
    with unit_of_work():
        people = [make_user().id for _ in range(4)]
    last: dict[int, int] = {}
    for _ in range(40):
        person, stars = chance.choice(people), chance.randint(0, 6)
        with unit_of_work():
            done = service.rate(
                slug=shown.slug,
                stars=stars,
                comment=chance.choice(("", "Words", "Other")),
                sector=chance.choice(("", "retail", "nowhere")),
                user_id=person,
            )
        if isinstance(done, Ok):
            last[person] = stars
        assert sums(shown.reference) == (len(last), sum(last.values()))
