"""What is held about an employer's awards, and what becomes of it when two records are merged."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.caseload.service import merge_undo, merging
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.employers.panels import held_records
from portal.employers.queries.held import TableShown
from portal.kernel.result import Ok
from portal.network.awards import RECORDS, counted_once, same_conflict, same_round
from portal.network.models import Award, AwardApplication, AwardStatement, Champion
from portal.network.queries import award_held
from portal.network.service import award_assessing as assessing
from portal.network.service import award_statements as statements
from tests.factories.awards import begin, make_applicant, make_world
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.employers import make_employer
from tests.factories.network import make_champion

SHOWN = {name: one for name, one in vars(award_held).items() if isinstance(one, TableShown)}


@pytest.mark.parametrize("name", SHOWN)
def test_each_column_is_shown_or_left_out_by_name(name: str) -> None:
    shown = SHOWN[name]
    columns = {column.name for column in shown.table.columns}
    assert columns == {*shown.columns, *shown.left_out}
    assert not set(shown.columns) & shown.left_out
    assert [c for c in shown.columns if "token" in c or "hash" in c or "_key" in c] == []


def table_of(employer_id: int, file_name: str) -> str:
    record = next(one for one in held_records() if one.file_name == file_name)
    header, rows = record.table(employer_id)
    return "\n".join(" | ".join(str(cell) for cell in row) for row in [header, *rows])


def test_a_refusal_is_not_in_the_download(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        done = statements.ask(
            reference=reference,
            to_name="Sue Shift",
            to_email="sue@example.org",
            by=world.one.author,
        )
        assert isinstance(done, Ok)
    before = table_of(world.one.employer_id, "award-statements")
    with unit_of_work():
        key = session.scalars(select(AwardStatement.id)).one()
        assert isinstance(statements.refuse(statement_id=key), Ok)
    assert table_of(world.one.employer_id, "award-statements") == before
    assert "No answer yet" in before
    assert "Not sent" not in before
    for record in RECORDS:
        assert record.table(world.one.employer_id)[0]


def test_who_declared_a_conflict_is_not_told(session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        assessing.declare(
            reference=reference,
            user_id=world.assessors[0].id,
            reason="We were married",
            by=world.officer,
        )
    assert "married" not in table_of(world.one.employer_id, "award-conflicts")


def merge(kept: str, merged: str, by: Any) -> str:
    found = merging.plan(kept=kept, merged=merged)
    assert isinstance(found, Ok), found
    with unit_of_work():
        done = merging.merge(
            kept=kept,
            merged=merged,
            fill=(),
            reason="The same shop, entered twice",
            fingerprint=found.value.fingerprint,
            by=by,
        )
    assert isinstance(done, Ok), done
    return str(done.value.reference)


def test_awards_move_and_a_champion_stays_counted_once(session: PortalSession) -> None:
    with unit_of_work():
        boss = author_of(make_lep_officer("lep_manager"))
        one, other = make_employer(), make_employer()
        make_champion(one, tier="committed")
        make_champion(other, tier="leading")
        kept, merged = (one.id, one.reference), (other.id, other.reference)
    reference = merge(kept[1], merged[1], boss)
    owners = session.scalars(select(Award.employer_id)).all()
    assert set(owners) == {kept[0]}
    champions = session.scalars(select(Champion.employer_id)).all()
    assert sorted(champions) == sorted([kept[0], merged[0]])
    with unit_of_work():
        undone = merge_undo.undo(reference=reference, by=boss)
    assert isinstance(undone, Ok), undone
    assert sorted(session.scalars(select(Award.employer_id))) == sorted([kept[0], merged[0]])


def test_what_both_have_stays_behind(session: PortalSession) -> None:
    world = make_world()
    second = make_applicant()
    with unit_of_work():
        begin(world)
        reference = begin(world, second)
        for who in (begin_of(session, world.one.employer_id), reference):
            done = assessing.declare(
                reference=who,
                user_id=world.assessors[0].id,
                reason="A friend",
                by=world.officer,
            )
            assert isinstance(done, Ok)
    kept, merged = world.one.employer_id, second.employer_id
    assert len(same_round(kept, merged).staying) == 1
    assert len(same_conflict(kept, merged).staying) == 1
    assert counted_once(kept, merged).staying == {}


def begin_of(session: PortalSession, employer_id: int) -> str:
    return session.scalars(
        select(AwardApplication.reference).where(AwardApplication.employer_id == employer_id)
    ).one()
