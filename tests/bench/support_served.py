"""The pages that are measured on a filled programme, who looks at each, and their lower bounds."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from portal.accounts.models import User
from portal.db import current_session
from tests.bench.support import Statements, Visit, statements_of, visit
from tests.bench.support_floor import BareSave
from tests.bench.support_pages import RawPage, plan_of
from tests.bench.support_programme import Programme
from tests.bench.support_server import get_request, post_request
from tests.factories.accounts import sign_in

QUESTIONS = "team-1"
# More than any revision: what is saved never clashes with what the person saved before.
_NEWEST = "99999999"
_READS = ("SELECT", "WITH")


@dataclass(frozen=True)
class Shown:
    """A page and who looks at it: a name in the cast, or nobody."""

    key: str
    title: str
    path: str
    who: str = ""


def pages_of(cast: dict[str, Any]) -> list[Shown]:
    """Every page that is read, with its address in this programme."""
    answering = cast["answering"][0]["response"]
    return [
        Shown("home", "Home", "/"),
        Shown("question", "Diagnostic question", question_path(answering), "answering"),
        Shown("results", "Results", f"/diagnostic/{cast['result']}/results", "owner"),
        Shown("work", "Adviser's home", "/work", "adviser"),
        Shown("caseload", "Caseload", "/cases", "adviser"),
        Shown("timeline", "Timeline", f"/employers/{cast['timeline']}/timeline", "adviser"),
        Shown("claim", "Claim of 5,000 lines", f"/claims/{cast['claim']}", "manager"),
        Shown("review", "Claim of 5,000 lines reviewed", f"/review/{cast['claim']}", "officer"),
        Shown("network", "Network report", "/network/report", "head"),
        Shown("programme", "Programme report", "/reports/programme", "head"),
        Shown("search", "Search", "/employers/?q=business+0004", "officer"),
    ]


def question_path(response: str) -> str:
    """The address of the page of questions that is shown and saved."""
    return f"/diagnostic/{response}/page/{QUESTIONS}"


def cookies_of(app: Flask, cast: dict[str, Any], *, answering: int) -> dict[str, str]:
    """Session cookies by name; ``answering`` and ``answering0`` … are people with a diagnostic."""
    found = {who: cookie_of(app, key) for who, key in cast["people"].items()}
    for number, one in enumerate(cast["answering"][:answering]):
        found[f"answering{number}"] = cookie_of(app, one["person"])
    found["answering"] = found["answering0"]
    return found | {"": ""}


def cookie_of(app: Flask, key: int) -> str:
    """The session cookie of this person, signed in now."""
    client = app.test_client()
    with app.app_context():
        person = current_session().get_one(User, key)
        sign_in(client, person)
    client.get("/help")
    with client.session_transaction() as held:
        assert "csrf_token" in held
    cookie = client.get_cookie("session")
    assert cookie is not None
    return str(cookie.value)


def form_token(html: str) -> str:
    """The form token of a page."""
    return html.partition('name="csrf_token" value="')[2].partition('"')[0]


@dataclass
class Saver:
    """Somebody who answers a page of the diagnostic, with other figures each time."""

    response: str
    cookie: str
    token: str

    def request(self, number: int) -> bytes:
        """The page sent by its button."""
        return post_request(question_path(self.response), self.cookie, self.values(number))

    def values(self, number: int) -> dict[str, str]:
        """What the form sends."""
        return {
            "csrf_token": self.token,
            "revision": _NEWEST,
            "asked": "staff_total staff_part_time",
            "staff_total": str(20 + number % 50),
            "staff_part_time": str(5 + number % 10),
        }

    def bare(self, number: int) -> bytes:
        """The same answers for the bare update."""
        values = self.values(number)
        kept = {name: values[name] for name in ("staff_total", "staff_part_time")}
        return post_request(f"/{self.response}", self.cookie, kept)


def savers_of(app: Flask, cast: dict[str, Any], cookies: dict[str, str]) -> list[Saver]:
    """Everybody who is in the middle of a diagnostic and was signed in."""
    found = []
    for number, one in enumerate(cast["answering"]):
        cookie = cookies.get(f"answering{number}")
        if cookie is None:
            break
        html = visit(app, question_path(one["response"]), cookie)().decode()
        found.append(Saver(one["response"], cookie, form_token(html)))
    return found


def request_for(page: Shown, cookies: dict[str, str]) -> bytes:
    """The page asked for by its reader."""
    return get_request(page.path, cookies[page.who])


def visits_of(
    app: Flask, programme: Programme, cookies: dict[str, str]
) -> Iterator[tuple[Shown, Visit]]:
    """Every page as something that can be asked for again and again without a socket."""
    for page in pages_of(programme.cast):
        yield page, visit(app, page.path, cookies[page.who])


# The lower bounds --------------------------------------------------------------------------------


def floor_plan(app: Flask, page: Shown, shown: Visit) -> dict[str, Any]:
    """What the lower bound of this page is made from: its SQL, and one string."""
    shown()
    with statements_of(app) as noted:
        html = shown().decode()
    reads = [item for item in noted.made if item[0].lstrip().upper().startswith(_READS)]
    return plan_of(app, Statements(reads), html) | {"anonymous": not page.who}


class Floors:
    """Every page at its lower bound, and the bare save, by their addresses."""

    def __init__(self, plans: dict[str, dict[str, Any]], url: str) -> None:
        self.pages = {path: RawPage(**plan) for path, plan in plans.items()}
        self.save = BareSave(url)

    def __call__(self, environ: dict[str, Any], start: Any) -> Sequence[bytes]:
        """Answer as the page at this address would at the least."""
        if environ["REQUEST_METHOD"] == "POST":
            return self.save(environ, start)
        page = self.pages.get(environ["PATH_INFO"])
        if page is None:
            start("404 Not Found", [("Content-Length", "0")])
            return []
        return page(environ, start)


def floors() -> Floors:
    """For the server: plans and database come from the environment."""
    # Written a moment ago by the benchmark itself.
    plans = pickle.loads(Path(os.environ["BENCH_PLAN"]).read_bytes())
    return Floors(plans, os.environ["DATABASE_URL"])
