"""What a long claim asks is answered by indexes, and not by reading everything for each line."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from sqlalchemy import event, select, text

from portal.db import current_session, unit_of_work
from portal.payments.models import Claim
from portal.payments.queries import claims_pages, hands
from portal.payments.rules.claims import LineFilter
from tests.support import claims_world as world
from tests.support.plans import plan_lines
from tests.support.races import database_of
from tests.support.statements import sent_to

_INDEX = "ix_claim_checks_found"
# Whether one line was checked at all, its own few checks tell as well.
_OF_ONE_LINE = "ix_claim_checks_line_id"
_READS_FILES = re.compile(r"(SEARCH|SCAN|Scan.* on|Scan on) \w*evidence")
_READS = re.compile(r"(SEARCH|SCAN|Scan.* on|Scan on) \w*claim_checks")


def findings_read(app: Flask, reference: str) -> list[list[str]]:
    """For each question of the page about findings, the lines of its plan that read them."""
    noted: list[tuple[str, Any]] = []

    def note(_c: Any, _cur: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "claim_checks" in statement:
            noted.append((statement, parameters))

    claim = claims_pages.claim_page(reference)
    assert claim is not None
    assert claim.run > 0
    engine = database_of(app).engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert claims_pages.parts(claim)
        assert claims_pages.line_rows(claim, LineFilter())[1]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    connection = current_session().connection()
    return [[line for line in plan_lines(connection, *one) if _READS.search(line)] for one in noted]


def test_who_added_evidence_is_looked_up_once_for_each_output(app: Flask) -> None:
    """Each output of a long claim was looked for beside each file: 3 s at 5,000 on SQLite."""
    with unit_of_work():
        desk = world.make_desk()
        world.add_work(desk, *world.october(3))
        reference = world.submit(desk)
    claim = current_session().scalars(select(Claim).where(Claim.reference == reference)).one()
    with sent_to(database_of(app).engine) as sent:
        assert hands.involvement(claim, range(1, 5001))
    [asked] = [one for one in sent if "evidence_files" in one[0]]
    lines = plan_lines(current_session().connection(), *asked)
    # Gathered before anything is joined, whatever the planner knows of how many there are.
    assert any(line in {"MATERIALIZE wanted", "CTE wanted"} for line in lines), lines
    read = [line for line in lines if _READS_FILES.search(line)]
    assert len(read) == 2
    assert all("ix_evidence_files_case_id" in line for line in read), lines


def test_the_claim_page_finds_what_did_not_pass_by_an_index(app: Flask) -> None:
    """With the control: without the index another way is taken."""
    with unit_of_work():
        desk = world.make_desk()
        world.add_work(desk, *world.october(3))
        reference = world.submit(desk)
    asked = findings_read(app, reference)
    assert len(asked) == 2
    for lines in asked:
        assert len(lines) >= 2
        assert any(_INDEX in line for line in lines), lines
        assert all(_INDEX in line or _OF_ONE_LINE in line for line in lines), lines
    with unit_of_work() as session:
        session.execute(text(f"DROP INDEX {_INDEX}"))
    after = [line for lines in findings_read(app, reference) for line in lines]
    assert after
    assert not any(_INDEX in line for line in after), after
