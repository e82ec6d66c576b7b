"""The network in the programme report: its figures by quarter and a picture that names nobody."""

from __future__ import annotations

import json
from datetime import date

from flask import Flask

from portal.db import current_session, unit_of_work
from portal.network.models import NetworkTie
from portal.network.queries import graph
from portal.network.rules.graph_report import read
from portal.network.service import ties
from portal.reports.rules.scope import Scope, View
from portal.reports.service.programme import build
from tests.integration.network.test_graph import came, member

SCOPE = Scope(date(2026, 4, 1), date(2026, 11, 22))


def test_the_network_stands_in_the_report_as_in_its_own(app: Flask) -> None:
    assert "network" not in {section.key for section in build(SCOPE).sections}
    with unit_of_work():
        came(member(), member(), member())
        member()
    ties.renew()
    kept = graph.latest("", "")
    assert kept is not None
    report = build(SCOPE)
    known = read(kept.measures)
    assert (known.members, known.ties, known.alone) == (4, 3, 1)
    section = report.section("network")
    assert section.tables[0].rows[-1] == ("Now", 4, 3, 500, 1, 1, 0)
    assert section.pictures[0].reading == "The network has 4 members and 3 ties."
    assert current_session().query(NetworkTie).count() == 3


def test_the_picture_that_is_kept_holds_no_members_key(app: Flask) -> None:
    with unit_of_work():
        came(member(), member())
    ties.renew()
    kept = graph.latest("", "")
    assert kept is not None
    # The picture on the network's own page leads to its members; a report that is kept must not.
    assert '"key":' in json.dumps(kept.measures["picture"])
    spec = build(SCOPE).section("network").pictures[0].spec
    assert spec["drawing"]["discs"]
    assert '"key":' not in json.dumps(spec)


def test_a_part_or_a_provider_has_no_network_of_its_own(app: Flask) -> None:
    with unit_of_work():
        came(member(), member())
    ties.renew()
    for scope in (
        Scope(SCOPE.first, SCOPE.last, sector="retail"),
        Scope(SCOPE.first, SCOPE.last, View.PROVIDER, provider=1),
    ):
        assert "network" not in {section.key for section in build(scope).sections}
