"""Who does what in a soak: shares of everything that arrives, and how each request is made."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from portal.action_plans.models import PlanAction
from portal.db import current_session, unit_of_work
from portal.kernel.clock import utc_now
from portal.payments.models import CheckResult, Claim, ClaimLine
from tests.bench.support import visit
from tests.bench.support_programme import Programme
from tests.bench.support_served import cookies_of, form_token, pages_of, savers_of
from tests.bench.support_server import get_request, post_request

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_REVISION = re.compile(rb'name="revision" value="(\d+)"')
_LIBRARY = ("rota", "flexible", "training", "part-time", "policy")
_EMPLOYERS = ("business+0004", "business+0017", "example+business+0007", "limited")


@dataclass(frozen=True)
class Step:
    """One request, and what its answer must be. The next is made from what came back."""

    request: bytes
    expect: int = 200
    then: Callable[[bytes], Step] | None = None


@dataclass
class Kind:
    """Something people do. Of all that arrives ``share`` is of this kind, in parts of the whole.

    Of what is done ``alone`` there is never a second one under way: the same person does it.
    """

    name: str
    share: float
    begin: Callable[[int], Step]
    alone: bool = False
    under_way: int = 0


def form_values(html: str, *, holding: str) -> dict[str, str]:
    """What a browser would send, as it stands, of the form that holds a field of this name.

    Raises:
        ValueError: when there is no such form.
    """
    start = html.rindex("<form", 0, html.index(f'name="{holding}"'))
    form = html[start : html.index("</form>", start)]
    values = {}
    for tag in _INPUT.findall(form):
        named = dict(_ATTRIBUTE.findall(tag))
        if named.get("type") in {"radio", "checkbox"} and " checked" not in tag:
            continue
        if "name" in named:
            values[named["name"]] = unescape(named.get("value", ""))
    return values


class Mix:
    """Everything that people do at once in one filled programme."""

    def __init__(self, app: Flask, filled: Programme, *, seed: int = 20261122) -> None:
        self.cast: dict[str, Any] = filled.cast
        self.cookies = cookies_of(app, filled.cast, answering=48)
        self.savers = savers_of(app, filled.cast, self.cookies)
        self.tokens = {who: _token(app, self.cookies[who]) for who in ("owner", "officer")}
        self.chance = random.Random(seed)
        self.numbers = itertools.count(1)
        # In turn, so that no case is written to twice at once: the second would rightly be told
        # that another action stands there by now.
        self.cases_in_turn = itertools.cycle(self.cast["own_cases"])
        with app.app_context():
            self.lines = _waiting_lines(self.cast["claim"])
            self.action = _movable_action()
        self.kinds = [kind for kind in self._kinds() if kind.share]
        self.shares = list(itertools.accumulate(kind.share for kind in self.kinds))

    def pick(self) -> Kind:
        """What arrives next. What one person does alone waits its turn: a page is read instead."""
        kind = self.chance.choices(self.kinds, cum_weights=self.shares)[0]
        return self.kinds[0] if kind.alone and kind.under_way else kind

    def _kinds(self) -> Iterator[Kind]:
        shown = {page.key: page for page in pages_of(self.cast)}

        def page(key: str) -> Callable[[int], Step]:
            request = get_request(shown[key].path, self.cookies[shown[key].who])
            return lambda _number: Step(request)

        def path(*paths: str, who: str = "") -> Callable[[int], Step]:
            requests = [get_request(one, self.cookies[who]) for one in paths]
            return lambda number: Step(requests[number % len(requests)])

        yield Kind("visitor: home", 16, page("home"))
        yield Kind("visitor: library", 8, path("/toolkit"))
        library = [f"/toolkit?q={word}" for word in _LIBRARY]
        yield Kind("visitor: library searched", 4, path(*library))
        yield Kind("visitor: help and awards", 6, path("/help", "/accessibility", "/awards"))
        yield Kind("answering: question", 16, self._question)
        yield Kind("answering: save", 22, self._save)
        yield Kind("answering: results", 3, page("results"))
        yield Kind("adviser: home", 5, page("work"))
        yield Kind("adviser: caseload", 4, page("caseload"))
        yield Kind("adviser: timeline", 3, page("timeline"))
        cases = [f"/cases/{case}" for case in self.cast["own_cases"]]
        yield Kind("adviser: case", 4, path(*cases, who="adviser"))
        yield Kind("adviser: contact logged", 3, self._log)
        employers = [f"/employers/?q={words}" for words in _EMPLOYERS]
        yield Kind("officer: search", 3, path(*employers, who="officer"))
        yield Kind("officer: line approved", 0.4, self._approve, alone=True)
        yield Kind("manager: claim", 0.4, page("claim"))
        yield Kind("head: network report", 0.5, page("network"))
        yield Kind("head: programme report", 0.2, page("programme"))
        prints = 0.5 if self.action else 0
        yield Kind("owner: plan changed and printed", prints, self._print, alone=True)

    def _question(self, number: int) -> Step:
        saver = self.savers[number % len(self.savers)]
        return Step(get_request(f"/diagnostic/{saver.response}/page/team-1", saver.cookie))

    def _save(self, number: int) -> Step:
        return Step(self.savers[number % len(self.savers)].request(number), 302)

    def _log(self, number: int) -> Step:
        """The adviser opens the form, and sends it with one sentence and a day."""
        address = f"/cases/{next(self.cases_in_turn)}/log"
        cookie = self.cookies["adviser"]

        def send(body: bytes) -> Step:
            values = form_values(body.decode(), holding="once")
            said = {"kind": "call", "reached": "yes", "minutes": "10", "when": "week"}
            words = {"happened": f"Spoke about the rota, {number}", "next_kind": "call"}
            return Step(post_request(address, cookie, values | said | words), 302)

        return Step(get_request(address, cookie), then=send)

    def _approve(self, number: int) -> Step:
        """The officer looks at the claim, and approves a line of it."""
        address, cookie = f"/review/{self.cast['claim']}", self.cookies["officer"]
        if not self.lines:
            return Step(get_request(address, cookie))
        line = self.lines.pop()

        def send(body: bytes) -> Step:
            seen = _REVISION.search(body)
            values = {
                "csrf_token": self.tokens["officer"],
                "revision": seen[1].decode() if seen else "",
                "do": "approve",
                "ids": str(line),
                "sure": "1",
            }
            return Step(post_request(f"{address}/lines", cookie, values), 302)

        return Step(get_request(address, cookie), then=send)

    def _print(self, number: int) -> Step:
        """The owner moves an action, so that the plan is another, and asks for its PDF."""
        plan, cookie = f"/employers/{self.cast['employer']}/plan", self.cookies["owner"]
        token = {"csrf_token": self.tokens["owner"]}
        way = ("down", "up")[next(self.numbers) % 2]

        def ask(_body: bytes) -> Step:
            return Step(post_request(f"{plan}/versions", cookie, token), 302)

        moved = post_request(f"{plan}/actions/{self.action}/move", cookie, token | {"way": way})
        return Step(moved, 302, then=ask)


def _token(app: Flask, cookie: str) -> str:
    """The form token of a session, which every page with a form of theirs shows."""
    html = visit(app, "/account", cookie)().decode()
    token = form_token(html)
    assert token
    return token


def _waiting_lines(claim: str) -> list[int]:
    """Lines to be approved; their checks count as made now, so that they are not made again."""
    with unit_of_work() as session:
        key = session.scalar(select(Claim.id).where(Claim.reference == claim))
        session.execute(update(CheckResult).where(CheckResult.claim_id == key).values(at=utc_now()))
        found = session.scalars(
            select(ClaimLine.id).where(ClaimLine.claim_id == key, ClaimLine.state == "submitted")
        )
        return list(found)


def _movable_action() -> str:
    """An action that is first of several of its goal; nothing where there is none."""
    rows = current_session().execute(
        select(PlanAction.reference, PlanAction.goal_id).order_by(
            PlanAction.goal_id, PlanAction.position
        )
    )
    goals: dict[int, list[str]] = {}
    for reference, goal in rows:
        goals.setdefault(goal, []).append(reference)
    return next((each[0] for each in goals.values() if len(each) > 1), "")
