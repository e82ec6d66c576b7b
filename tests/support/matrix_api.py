"""Reports for other programs, asked with a token of every scope: whose words stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from portal.accounts import service as accounts
from portal.accounts.models import User
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.reports.service import tokens
from portal.reports.service.building import builders
from tests.support.matrix import Matrix
from tests.support.matrix_audiences import may_see
from tests.support.matrix_rows import words_in
from tests.support.matrix_side import author

LISTING = "/api/v1/reports"
# A token for statistics reads what an evaluator may; one for everything, what an LEP manager may.
READERS = {"full": "lep manager", "statistics": "evaluator"}


def token_of(matrix: Matrix, scope: str, maker: str = "payer") -> str:
    """A token of a scope, made by an LEP manager."""
    key = matrix.world.people[maker]
    with unit_of_work() as session:
        # A token is good only while its maker has a second step.
        accounts.set_up_totp(user=session.get_one(User, key))
        made = tokens.make(
            name="A dashboard",
            scope=scope,
            expires_on=today() + timedelta(days=9),
            by=author(key),
        )
    return str(made.value[1])  # type: ignore[union-attr]


def addresses(matrix: Matrix) -> Iterator[str]:
    """Every report, as it is and for one side's provider, employer and source."""
    b = matrix.world.b
    providers = [str(b.rows.given["organisations"]), "nobody"]
    yield LISTING
    for builder in builders():
        path = f"{LISTING}/{builder.key}"
        yield path
        yield from (f"{path}?{urlencode({'provider': one})}" for one in providers)
        yield f"{path}?{urlencode({'source': str(b.values['source'])})}"
        yield f"{path}?{urlencode({'employer': b.values['employer']})}"
    yield f"{LISTING}/{b.values['employer']}"
    yield f"{LISTING}/../{b.values['claim']}"


def attack_api(matrix: Matrix) -> tuple[int, list[str]]:
    """Ask everything with every token, also as people who are signed in; how many, and faults."""
    asked, faults = 0, []
    shown: dict[str, Any] = {scope: token_of(matrix, scope) for scope in READERS}
    for scope, secret in {**shown, "none": "", "made up": "pttp_nothing"}.items():
        reader = READERS.get(scope, "visitor")
        for path in addresses(matrix):
            # A sign-in beside the token opens nothing more.
            for actor in ("visitor", "lep manager"):
                answer = matrix.ask(
                    actor, "GET", path, headers={"Authorization": f"Bearer {secret}"}
                )
                asked += 1
                said = f"GET {path} with a token ({scope}) beside {actor}"
                if answer.status >= 500:
                    faults.append(f"{said}: {answer.status}")
                if scope not in READERS and answer.status < 400:
                    faults.append(f"{said}: let in with {answer.status}")
                faults += [
                    f"{said}: tells {column} of side {letter}"
                    for letter, column in words_in(answer.text)
                    if not may_see(reader, letter, column)
                ]
    return asked, [*faults, *_lost(matrix, shown["full"])]


def _lost(matrix: Matrix, secret: str) -> Iterator[str]:
    """The token of somebody who is no LEP manager any more opens nothing."""
    headers = {"Authorization": f"Bearer {secret}"}
    before = matrix.ask("visitor", "GET", LISTING, headers=headers)
    if before.status != 200:
        yield f"A good token is refused with {before.status}"
    with matrix.undone():
        with unit_of_work() as session:
            session.get_one(User, matrix.world.people["payer"]).roles = []
        after = matrix.ask("visitor", "GET", LISTING, headers=headers)
    if after.status != 401:
        yield f"The token of somebody without rights opens with {after.status}"
