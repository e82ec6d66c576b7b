"""What we depend on: listed whole, under licences that are taken, without known weaknesses."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from scripts import audits, licences, packages, sbom
from scripts.check import CHECKS, NOT_CHECKED
from scripts.packages import Package
from tests.unit.house.sources import ROOT

WEAK = {"name": "flask", "version": "3.1.3", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"]}]}
FINE = {"name": "jinja2", "version": "3.1.6", "vulns": []}
NOT_KNOWN = {"name": "flask", "skip_reason": "Dependency not found on PyPI"}
ONE = [Package("pypi", "flask", "3.1.3", "the portal")]


def answering(document, *, errors=""):
    def runner(_command, _folder):
        return (document if isinstance(document, str) else json.dumps(document)), errors

    return runner


def test_every_pinned_package_is_listed_once():
    text = "".join((ROOT / "requirements" / f"{one}.txt").read_text() for one in ("app", "dev"))
    pinned = {packages.canonical(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}
    found = [one.name for one in packages.python_packages()]
    assert pinned <= set(found)
    assert len(found) == len(set(found))
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages.npm_packages()) == len([place for place in lock if place])
    assert all(one.hashes for one in packages.all_packages())


def test_who_needs_a_package_is_read_from_the_lock():
    by_name = {one.name: one for one in packages.python_packages()}
    assert "flask" in by_name["werkzeug"].needed_by
    assert by_name["werkzeug"].is_shipped
    assert not by_name["pytest"].is_shipped


def test_the_lists_are_up_to_date_and_every_licence_is_taken(capsys):
    licences.main(["--check"])
    sbom.main(["--check"])
    assert "every licence among those taken" in capsys.readouterr().out


def test_a_licence_that_is_not_taken_is_a_fault():
    by = licences.rules()
    bad = [Package("npm", "some-tool", "1.0", "the portal", "AGPL-3.0-only")]
    bad += [Package("npm", "silent", "1.0", "tests and checks")]
    bad += [Package("npm", "a-program", "1.0", "the portal", "GPL-3.0-or-later")]
    said = list(licences.faults(bad, by))
    assert [line.split()[0] for line in said] == ["some-tool", "silent", "a-program"]
    assert "not among those taken" in said[0]
    # The same licence serves for a tool that nobody is handed.
    tool = [Package("npm", "a-program", "1.0", "tests and checks", "GPL-3.0-or-later")]
    assert not list(licences.faults(tool, by))


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("(GPL-3.0-only OR MIT) AND ISC", True),
        ("(GPL-3.0-only AND MIT) OR ISC", True),
        ("MIT AND", False),
        ("MIT ISC", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_expressions_of_licences(expression, allowed):
    assert licences.is_allowed(expression, frozenset({"MIT", "ISC"})) is allowed


def test_the_bill_of_materials_is_well_formed_and_its_check_notices_when_not():
    text = sbom.SBOM.read_text()
    assert sbom.schema_faults(text) == ""
    broken = json.loads(text)
    del broken["components"][0]["name"]
    assert sbom.schema_faults(json.dumps(broken))
    refs = {one["bom-ref"] for one in broken["components"]}
    assert all(set(one["dependsOn"]) <= refs for one in broken["dependencies"])


def test_a_known_weakness_fails_and_one_that_is_accepted_does_not(tmp_path):
    answer = audits.ask_pypi(ONE, answering({"dependencies": [WEAK, FINE]}))
    assert [str(one) for one in answer.weak] == ["flask 3.1.3: PYSEC-1 (no version mends it yet)"]
    words, fine = audits.judge("PyPI", ONE, lambda _: answer, frozenset())
    assert not fine
    assert "PYSEC-1" in words
    assert audits.judge("PyPI", ONE, lambda _: answer, frozenset({"CVE-1"}))[1]
    table = tmp_path / "accepted.toml"
    table.write_text('[[accepted]]\nid = "CVE-1"\nreason = "unused part"\nuntil = 2026-12-31\n')
    assert audits.accepted(table, on=date(2026, 12, 31)) == {"CVE-1"}
    assert audits.accepted(table, on=date(2027, 1, 1)) == frozenset()


def test_what_could_not_be_asked_is_said_and_is_no_clean_bill():
    for ask, runner in (
        (audits.ask_pypi, answering("", errors="ConnectionError: no route to host\n")),
        (audits.ask_pypi, answering({"dependencies": [NOT_KNOWN]})),
        (audits.ask_npm, answering({"message": "405 Method Not Allowed"})),
        (audits.ask_npm, answering("", errors="no such command")),
    ):
        asked = []

        def only(some, ask=ask, runner=runner, asked=asked):
            asked.append(len(some))
            return ask(some, runner)

        words, fine = audits.judge("It", ONE * 3, only, frozenset())
        assert fine
        assert words.startswith(NOT_CHECKED)
        assert "weaknesses" not in words
        assert asked == [1], "a service that knows nothing is not sent the rest"


def test_packages_that_the_registry_does_not_know_are_named():
    answer = audits.ask_pypi(ONE, answering({"dependencies": [FINE, NOT_KNOWN]}))
    words, fine = audits.judge("PyPI", ONE, lambda _: answer, frozenset())
    assert fine
    assert f"{NOT_CHECKED}: PyPI does not know flask" in words


def test_a_weakness_that_npm_knows_fails():
    told = {
        "auditReportVersion": 2,
        "vulnerabilities": {
            "sass": {"via": [{"url": "https://github.com/advisories/GHSA-1"}, "other"]},
        },
    }
    answer = audits.ask_npm([Package("npm", "sass", "1.0", "building pages")], answering(told))
    assert [one.name for one in answer.weak] == ["GHSA-1"]
    assert audits.hurting(answer.weak, frozenset())


def test_a_command_that_is_not_there_is_no_answer(tmp_path):
    assert audits.run([str(tmp_path / "nothing")], tmp_path)[0] == ""


def test_make_check_asks_all_of_it():
    commands = " ".join(" ".join(command) for _, command in CHECKS)
    for name in ("scripts.licences --check", "scripts.sbom --check", "scripts.audits"):
        assert name in commands
