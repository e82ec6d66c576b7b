"""Pages for visitors are kept, and nobody is ever shown one that no longer holds or is not theirs.

Tests of other rooms run without: here pages are kept, by one process or by several with Redis.
"""

from __future__ import annotations

import gzip
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, flash, render_template, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select, text

from portal.accounts.models import Role
from portal.db import Base, current_session, unit_of_work
from portal.db.shown import SHOWN, stamps
from portal.employers.models import Employer
from portal.employers.queries import employer_profile
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.network.models import Award, Event, NetworkMember
from portal.network.service import award_deciding, events, members
from portal.toolkit.models import Resource
from portal.toolkit.service import resources
from portal.web import kept as keeping
from portal.web.kept import KEPT_EXTENSION, KeptPage, Store
from portal.web.kept_store import Kept, Memory, as_bytes, from_bytes
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_membership
from tests.factories.network import make_champion, make_event, make_member
from tests.factories.toolkit import make_draft, make_published
from tests.support.client import PortalClient
from tests.support.full_world import simple_addresses
from tests.support.redis_server import RedisServer

# Stamps move in the transaction that writes, and no other file proves it.
pytestmark = pytest.mark.both_databases

PLACE = "/about"


def a_store(redis_url: str | None = None, most_bytes: int = 1_000_000) -> Store:
    return Store(most_bytes=most_bytes, seconds=60, redis_url=redis_url)


@pytest.fixture
def store(app: Flask) -> Iterator[Store]:
    """Pages are kept from here on, and none is at first."""
    app.extensions[KEPT_EXTENSION] = made = a_store()
    yield made
    del app.extensions[KEPT_EXTENSION]


def visitor(app: Flask) -> PortalClient:
    """Somebody of whom nothing is known, and who keeps no cookie."""
    client = app.test_client(use_cookies=False)
    assert isinstance(client, PortalClient)
    return client


def page(app: Flask, path: str, status: int = 200, **headers: str) -> str:
    """What a visitor reads."""
    answer = visitor(app).get(path, headers=headers)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


@pytest.fixture
def place(app: Flask, store: Store) -> Iterator[Callable[..., list[int]]]:
    """Puts a view of the test's own in the place of a page; says how often it was made."""
    usual = app.view_functions["pages.about"]

    def put(view: Callable[[], Any], **how: Any) -> list[int]:
        made: list[int] = []

        def counted() -> Any:
            made.append(1)
            return view()

        app.view_functions["pages.about"] = keeping._keeping(KeptPage(**how), counted)
        return made

    yield put
    app.view_functions["pages.about"] = usual


def plain() -> str:
    return render_template("pages/help.html")


def test_a_page_is_made_once_and_a_browser_that_has_it_gets_nothing_again(
    app: Flask, place: Callable[..., list[int]]
) -> None:
    made = place(plain, quiet=True)
    first = visitor(app).get(PLACE)
    packing = visitor(app)
    packing.check_pages = False
    again = packing.get(PLACE, headers={"Accept-Encoding": "gzip"})
    assert made == [1]
    assert again.headers["Content-Encoding"] == "gzip"
    assert len(again.data) < len(first.data) / 2
    assert first.headers["ETag"] == again.headers["ETag"]
    assert {"Cookie", "Accept-Encoding"} <= set(first.vary)
    assert first.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    known = visitor(app).get(PLACE, headers={"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")
    assert visitor(app).get(PLACE, headers={"If-None-Match": 'W/"x"'}).status_code == 200
    assert made == [1]


def test_what_reads_records_is_asked_for_again_each_time(app: Flask, store: Store) -> None:
    answer = visitor(app).get("/network/directory")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"]
    assert len(store.memory.pages()) == 1


def test_no_two_visitors_share_a_nonce_and_no_script_needs_one(app: Flask, store: Store) -> None:
    for path in ("/", "/toolkit", "/events"):
        answers = [visitor(app).get(path) for _ in range(2)]
        for answer in answers:
            policy = answer.headers["Content-Security-Policy"]
            assert "nonce" not in policy
            assert "nonce=" not in answer.text
            assert len(re.findall(r"'sha256-[^']+'", policy)) == 1
    user = make_user_here()
    client = app.test_client()
    sign_in(client, user)
    nonces = [
        re.findall(r"'nonce-([^']+)'", client.get("/help").headers["Content-Security-Policy"])
        for _ in range(2)
    ]
    assert nonces[0] != nonces[1]
    assert len(nonces[0]) == 1


def make_user_here() -> Any:
    with unit_of_work():
        return make_user("reader@cafe.example")


def test_a_script_that_is_not_ours_gets_no_hash(
    app: Flask, place: Callable[..., list[int]]
) -> None:
    place(lambda: plain().replace("</main>", "<script>alert(1)</script></main>"), quiet=True)
    client = visitor(app)
    client.check_pages = False
    answer = client.get(PLACE)
    assert "<script>alert(1)</script>" in answer.text
    # The one of the layout alone: a browser does not run the other.
    assert len(re.findall(r"'sha256-[^']+'", answer.headers["Content-Security-Policy"])) == 1


def _with_session() -> str:
    session["seen"] = 1
    return plain()


def _with_flash() -> str:
    flash("Saved", "success")
    return plain()


def _with_token() -> str:
    return plain().replace("</main>", f"<!-- csrf_token {generate_csrf()} --></main>")


def _of_people() -> str:
    current_session().execute(text("SELECT count(*) FROM users"))
    return plain()


def _missing() -> Any:
    return plain(), 404


def _own_rules() -> Any:
    return plain(), 200, {"Cache-Control": "no-store"}


@pytest.mark.parametrize(
    "view", [_with_session, _with_flash, _with_token, _of_people, _missing, _own_rules]
)
def test_what_is_for_one_person_is_not_kept(
    app: Flask, store: Store, place: Callable[..., list[int]], view: Callable[[], Any]
) -> None:
    made = place(view)
    for _ in range(2):
        answer = visitor(app).get(PLACE)
        assert "public" not in answer.headers["Cache-Control"]
    assert made == [1, 1]
    assert store.memory.pages() == []


@pytest.mark.parametrize(
    "asked",
    [
        {"headers": {"Cookie": "session="}},
        {"headers": {"Cookie": "other=1"}},
        {"headers": {"Authorization": "Bearer x"}},
        {"query_string": {"unknown": "1"}},
        {"query_string": {"page": "9" * 400}},
        {"method": "HEAD"},
    ],
)
def test_who_is_somebody_or_asks_for_something_else_gets_a_page_of_their_own(
    app: Flask, store: Store, place: Callable[..., list[int]], asked: dict[str, Any]
) -> None:
    made = place(plain, quiet=True, arguments=frozenset({"page"}))
    page(app, PLACE)
    for _ in range(2):
        answer = visitor(app).open(PLACE, **asked)
        assert answer.headers["Cache-Control"] == "no-store, private"
    assert made == [1, 1, 1]
    assert len(store.memory.pages()) == 1


def test_a_quiet_page_that_reads_after_all_is_not_kept(
    app: Flask, store: Store, place: Callable[..., list[int]]
) -> None:
    def reads() -> str:
        current_session().execute(text("SELECT count(*) FROM events"))
        return plain()

    assert place(reads, quiet=True) == []
    page(app, PLACE)
    assert store.memory.pages() == []


def test_every_reader_of_a_kept_page_is_counted(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[Any, ...]] = []
    monkeypatch.setitem(
        app.extensions[keeping.EACH_EXTENSION],
        "toolkit.reach",
        lambda *values, **more: counted.append((values, more)),
    )
    with unit_of_work():
        slug = make_published().slug
    page(app, f"/toolkit/{slug}")
    page(app, f"/toolkit/{slug}")
    assert len(counted) == 2
    assert counted[0] == counted[1]


# --- What it shows changes ------------------------------------------------------------------------


def _event(title: str = "Sharing one post") -> Event:
    return make_event(title=title)


def _publish_event() -> None:
    draft = _event("A new one")
    draft.state = "draft"
    current_session().flush()
    done = events.publish(reference=draft.reference, by=PORTAL)
    assert isinstance(done, Ok), done


def _cancel_event() -> None:
    event = current_session().scalars(select(Event)).one()
    assert isinstance(events.cancel(reference=event.reference, reason="Snow", by=PORTAL), Ok)


def _edit_event() -> None:
    current_session().scalars(select(Event)).one().title = "Another title"


def _edit_in_sql() -> None:
    current_session().execute(text("UPDATE events SET title = 'Another title'"))


def _publish_resource() -> None:
    draft = current_session().scalars(select(Resource).where(Resource.state == "draft")).one()
    begun = resources.begin_testing(reference=draft.reference, revision=draft.revision, by=PORTAL)
    assert isinstance(begun, Ok)
    done = resources.publish(
        reference=draft.reference, revision=draft.revision, reason="Tested", by=PORTAL
    )
    assert isinstance(done, Ok)


def _retire_resource() -> None:
    resource = current_session().scalars(select(Resource)).one()
    done = resources.retire(
        reference=resource.reference,
        revision=resource.revision,
        reason="Out of date",
        replaced_by="",
        by=PORTAL,
    )
    assert isinstance(done, Ok)


def _leave() -> None:
    member = current_session().scalars(select(NetworkMember)).one()
    employer = current_session().get_one(Employer, member.employer_id)
    profile = employer_profile(employer.reference)
    assert profile is not None
    assert isinstance(members.leave(employer=profile, by=PORTAL), Ok)


def _close_name() -> None:
    member = current_session().scalars(select(NetworkMember)).one()
    member.shown = [one for one in member.shown if one != "name"]


def _rename() -> None:
    member = current_session().scalars(select(NetworkMember)).one()
    current_session().get_one(Employer, member.employer_id).name = "Renamed Example Ltd"


def _revoke() -> None:
    award = current_session().scalars(select(Award)).one()
    assert isinstance(award_deciding.revoke(code=award.code, reason="Closed", by=PORTAL), Ok)


CHANGES: dict[str, tuple[str, Callable[[], Any], Callable[[], Any]]] = {
    "an event published": ("/events", _event, _publish_event),
    "an event cancelled": ("/events", _event, _cancel_event),
    "an event edited": ("/events", _event, _edit_event),
    "an event edited in SQL": ("/network", _event, _edit_in_sql),
    "a resource published": ("/toolkit", make_draft, _publish_resource),
    "a resource retired": ("/toolkit", make_published, _retire_resource),
    "a member joined": ("/network/directory", make_member, make_member),
    "a member left": ("/network/directory", make_member, _leave),
    "what a member said closed": ("/network/directory", make_member, _close_name),
    "an employer renamed": ("/network/directory", make_member, _rename),
    "a champion named": ("/awards", make_champion, make_champion),
    "an award revoked": ("/awards", make_champion, _revoke),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_visitor_sees_a_change_at_once(app: Flask, store: Store, name: str) -> None:
    path, prepare, change = CHANGES[name]
    with unit_of_work():
        prepare()
    before = page(app, path)
    other_page = page(app, "/privacy")
    assert page(app, path) == before
    kept = store.memory.pages()
    with unit_of_work():
        change()
    after = page(app, path)
    assert after != before
    assert page(app, "/privacy") == other_page
    # The control: without the stamps the old page would have been given.
    assert any(one.stamps and not keeping._holds(one) for one in kept)
    app.extensions.pop(KEPT_EXTENSION)
    assert without_nonce(page(app, path)) == without_nonce(after)
    app.extensions[KEPT_EXTENSION] = store


def without_nonce(html: str) -> str:
    return re.sub(r' nonce="[^"]+"', "", html)


def test_what_was_not_committed_moves_no_stamp(app: Flask, store: Store) -> None:
    with unit_of_work():
        _event()
    before = page(app, "/events")
    with pytest.raises(RuntimeError, match="halfway"), unit_of_work():
        _edit_event()
        current_session().flush()
        raise RuntimeError("halfway")
    assert page(app, "/events") == before
    assert all(keeping._holds(one) for one in store.memory.pages())


def test_a_write_to_what_no_visitor_is_shown_moves_none(app: Flask) -> None:
    with unit_of_work():
        _event()
    before = stamps()
    with unit_of_work():
        make_user("quiet@cafe.example")
    assert stamps() == before


def test_the_tables_are_there() -> None:
    assert Base.metadata.tables.keys() >= SHOWN


# --- Nothing of anybody's is for all --------------------------------------------------------------


def test_nobodys_words_are_in_what_others_may_keep(app: Flask, store: Store) -> None:
    """Every page without a name in its address, for a visitor and for somebody of each kind."""
    marker = "Marigold Example"
    with unit_of_work():
        people = [make_user(f"reader{n}@cafe.example") for n in range(2)]
        people[1].roles = [*current_session().scalars(select(Role))]
        member = make_member(about=marker, changed=marker, contact=marker)
        current_session().get_one(Employer, member.employer_id).name = marker
        make_membership(employer_id=member.employer_id, user_id=people[0].id)
        make_event(title=marker)
        make_published(title=marker)
    public, shown_to_visitors = [], 0
    for person in (None, *people):
        client = visitor(app) if person is None else app.test_client()
        if person is not None:
            sign_in(client, person)
        client.check_pages = False
        kept_before = len(store.memory.pages())
        for path in simple_addresses(app):
            answer = client.get(path)
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            has_words = marker in answer.get_data(as_text=True)
            if "public" in answer.headers["Cache-Control"]:
                public.append(path)
                assert person is None, path
                assert not has_words, path
            shown_to_visitors += person is None and has_words
        if person is not None:
            assert len(store.memory.pages()) == kept_before
    assert {"/", "/help", "/tools"} <= set(public)
    # The control: visitors were shown such words, on pages that are kept here and nowhere else.
    assert shown_to_visitors >= 3
    assert all(
        one.stamps for one in store.memory.pages() if marker in gzip.decompress(one.packed).decode()
    )


# --- One makes it, and where it is kept -----------------------------------------------------------


def ask_at_once(stores: list[Store], make: Callable[[], None]) -> None:
    """Each store is a process that is asked for the same page."""
    together = threading.Barrier(len(stores))

    def ask(one: Store) -> None:
        together.wait()
        with one.making("key") as first:
            if not first and next(one.get("key"), None) is not None:
                return
            make()
            one.put("key", SAMPLE)

    threads = [threading.Thread(target=ask, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


SAMPLE = from_bytes(
    as_bytes(
        Kept(
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            "policy",
            "tag",
            {"events": "a"},
            (("name", (1,), {"b": 2}),),
        )
    )
)


def test_of_many_who_ask_at_once_one_makes_the_page(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> None:
        made.append(1)
        time.sleep(0.1)

    ask_at_once([a_store()] * 6, make)
    assert made == [1]
    server = RedisServer(tmp_path)
    server.start()
    try:
        ask_at_once([a_store(server.url) for _ in range(6)], make)
    finally:
        server.kill()
    assert made == [1, 1]


def test_processes_share_pages_through_redis_and_do_without_it(
    app: Flask, place: Callable[..., list[int]], tmp_path: Path
) -> None:
    server = RedisServer(tmp_path)
    server.start()
    try:
        made = place(plain, quiet=True)
        app.extensions[KEPT_EXTENSION] = a_store(server.url)
        first = page(app, PLACE)
        app.extensions[KEPT_EXTENSION] = a_store(server.url)
        assert page(app, PLACE) == first
        assert made == [1]
    finally:
        server.kill()
    app.extensions[KEPT_EXTENSION] = a_store(server.url)
    assert page(app, PLACE) == first
    assert page(app, PLACE) == first
    assert made == [1, 1]


def test_a_redis_that_never_answers_holds_nobody_up_twice(
    app: Flask, place: Callable[..., list[int]], tmp_path: Path
) -> None:
    server = RedisServer(tmp_path)
    server.start()
    place(plain, quiet=True, arguments=frozenset({"page"}))
    app.extensions[KEPT_EXTENSION] = a_store(server.url)
    server.freeze()
    try:
        page(app, PLACE)
        begun = time.monotonic()
        for number in range(5):
            page(app, f"{PLACE}?page={number}")
        assert time.monotonic() - begun < 0.5
    finally:
        server.kill()


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"x\ny", b"[1]\n", b'{"policy": "p", "etag": "e", "stamps": []}\nx']
)
def test_what_redis_holds_in_another_form_is_absent(data: bytes) -> None:
    assert from_bytes(data) is None
    assert SAMPLE is not None
    assert from_bytes(as_bytes(SAMPLE)) == SAMPLE


def test_memory_is_bounded_and_forgets_what_was_asked_for_longest_ago() -> None:
    assert SAMPLE is not None
    memory = Memory(3 * SAMPLE.size, seconds=60)
    for key in "abc":
        memory.put(key, SAMPLE)
    assert memory.get("a") is not None
    memory.put("d", SAMPLE)
    assert memory.get("b") is None
    assert memory.get("a") is not None
    assert memory.size == 3 * SAMPLE.size
    old = Memory(3 * SAMPLE.size, seconds=0)
    old.put("a", SAMPLE)
    assert old.get("a") is None
    assert old.size == 0
