"""Formulas in every stored text: no table that is taken away makes one of them run.

Each CSV file, workbook and archive that a person can take is opened: no cell of a CSV file begins
as a formula would, and no cell of a workbook is one.
"""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterator

import pytest

from portal.web.downloads import csv_response, safe_cell
from tests.support import planting
from tests.support.full_world import Seen, World, demonstration_world, whole_round

BIG = os.environ.get("BIG") == "1"
# As a hand would type them: what spreadsheets take for the beginning of a formula.
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.invalid","x")',
    '+IMPORTXML("http://evil.invalid","//a")',
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff201+1",
    '"=1+1',
    "','=1+1",
    '",=1+1,"',
    "x\n=1+1",
    ";=1+1",
    '=DDE("cmd";"/C calc";"x")',
)
_STARTS = re.compile(r"^[\s\u00a0\u3000]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"^-?[\d,]*\.?\d+%?$")
_FORMULA = re.compile(rb"<f[ >/]")
_LINK = re.compile(rb"TargetMode=\"External\"[^>]*evil|evil[^>]*TargetMode=\"External\"")


def csv_faults(data: bytes) -> list[str]:
    """Cells that a spreadsheet would run."""
    text = data.decode("utf-8-sig")
    return [
        cell
        for row in csv.reader(io.StringIO(text, newline=""))
        for cell in row
        if _STARTS.match(cell) and not _NUMBER.match(cell)
    ]


def archive_faults(data: bytes) -> list[str]:
    """Formulas and links in a workbook, and what is wrong in the tables of an archive."""
    faults = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            if name.endswith(".csv"):
                faults += [f"{name}: {cell}" for cell in csv_faults(part)]
            elif name.endswith(".xlsx"):
                faults += [f"{name}: {fault}" for fault in archive_faults(part)]
            elif name.startswith("xl/worksheets/") and _FORMULA.search(part):
                faults.append(f"{name}: a formula")
            elif name.endswith(".rels") and _LINK.search(part):
                faults.append(f"{name}: a link")
    return faults


def faults_in(seen: list[Seen]) -> list[str]:
    """What would run of what a person has taken away."""
    faults = []
    for one in seen:
        if one.status != 200:
            continue
        if one.mimetype == "text/csv":
            found = csv_faults(one.body)
        elif one.body[:2] == b"PK":
            found = archive_faults(one.body)
        else:
            continue
        faults += [f"{one.person} {one.address}: {fault!r}" for fault in found]
    return faults


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = demonstration_world(tmp_path_factory.mktemp("formulas"))
    yield made
    made.app.extensions["portal_db"].dispose()


def exports(world: World) -> list[str]:
    """Addresses without parameters that give a table or an archive."""
    return [
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and "." in rule.rule
    ]


# Tables for which the demonstration has no record; what writes them writes the others too.
NOT_IN_THE_DEMONSTRATION = {
    "caseload.referral_faults": "no file of referrals with faults waits",
    "payments.sample_export": "nobody has drawn a sample",
}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_export_holds_a_formula(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    planting.plant(world, texts=FORMULAS)
    if BIG:
        seen = whole_round(world, thorough=True)
    else:
        seen = [
            one
            for person in ("lep_manager", "adviser")
            for one in _taken(world, person, exports(world))
        ]
    faults = faults_in(seen)
    assert not faults, "\n".join(faults[:40])
    tables = {one.endpoint for one in seen if one.mimetype == "text/csv" and one.status == 200}
    assert len(tables) >= (20 if BIG else 8), sorted(tables)
    if BIG:
        rules = world.app.url_map.iter_rules()
        stated = {rule.endpoint for rule in rules if rule.rule.endswith(".csv")}
        assert stated - tables <= NOT_IN_THE_DEMONSTRATION.keys()
    told = [one for one in seen if one.mimetype == "text/csv" and planting.TAIL.search(one.text)]
    assert len(told) >= 5
    # The control: exports that give out what is kept as it is.
    monkeypatch.setattr("portal.web.downloads.safe_cell", lambda value: value)
    assert faults_in(_taken(world, "lep_manager", exports(world)))


def _taken(world: World, person: str, addresses: list[str]) -> list[Seen]:
    client = world.client(person)
    seen = []
    for address in addresses:
        answer = client.get(address)
        body = answer.get_data()
        answer.close()
        name = str(world.endpoint_of(address))
        seen.append(Seen(person, address, name, answer.status_code, answer.mimetype, body))
    return seen


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_cell_is_made_harmless(formula: str) -> None:
    made = safe_cell(formula)
    assert not _STARTS.match(made)
    response = csv_response("x", ["=head"], [[formula, -5, 3.5]])
    data = b"".join(response.response)  # type: ignore[arg-type]
    response.close()
    assert not csv_faults(data)
    assert b",-5,3.5" in data


def test_the_look_at_tables_finds() -> None:
    for formula in ("=1", "+a", "-a", "@a", "\t=1", "\uff1d1", " =1"):
        assert csv_faults(f'a,"{formula}"\n'.encode())
    assert not csv_faults(b'a,-5,\'=1,"-1,000.50"\n')
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<c><f>1+1</f></c>")
        archive.writestr("x.csv", "=1")
    assert len(archive_faults(book.getvalue())) == 2
