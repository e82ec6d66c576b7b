"""The schedule: what is over goes, counts and money stay, holds stop it, nothing goes twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import String, case, cast, func, select, update

from portal.caseload.models import Case, EvidenceFile
from portal.caseload.queries import evidence as evidence_found
from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.caseload.service import evidence
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.governance.models.retention import LegalHold, RetentionRun, RetentionTombstone
from portal.governance.queries import retention_due as due
from portal.governance.queries.anchors import hanging, table_of
from portal.governance.rules.holdings import holdings
from portal.governance.service import emptying
from portal.governance.service import retention as service
from portal.governance.service.schedule import schedule
from portal.integrations.jobs import sweep
from portal.integrations.storage import storage
from portal.kernel.clock import freeze, utc_now
from portal.kernel.result import Err
from portal.payments.service.proving import prove
from portal.reports.service import counting
from tests.factories import files as samples
from tests.factories.caseload import make_case, make_provider, make_referral, make_source
from tests.factories.employers import make_employer
from tests.factories.paying import make_owed
from tests.support.random_records import RandomRecords

MARK: Final = "zqmark"
LATER: Final = timedelta(days=31 * 135)
_WORDS: Final = {"name", "text", "phone", "job", "health", "device"}


def close_everything() -> None:
    """Every case is closed and every plan at its end, so that their time begins."""
    session, now = current_session(), utc_now()
    session.execute(
        update(Case)
        .where(Case.closed_at.is_(None))
        .values(stage="closed", closed_at=now, close_reason="completed")
    )
    plans = table_of("plans")
    session.execute(
        update(plans).where(plans.c.closed_at.is_(None)).values(status="closed", closed_at=now)
    )


def plant() -> int:
    """A word that nobody else uses, in every personal text of every row; how many columns."""
    session, planted = current_session(), 0
    for holding in holdings().tables.values():
        table = table_of(holding.name)
        if holding.name in {"outbox", "employers"}:
            continue
        values: dict[str, Any] = {}
        for one in holding.emptied:
            column = table.c[one.name]
            if isinstance(column.type, String) and one.kind in _WORDS:
                values[one.name] = MARK if not column.nullable else _if_there(column)
            elif one.kind == "email":
                values[one.name] = MARK + "-" + cast(table.c.id, String(20)) + "@example.org"
        if values:
            session.execute(update(table).values(**values))
            planted += len(values)
    return planted


def _if_there(column: Any) -> Any:
    return case((column.is_(None), column), else_=MARK)


def left() -> list[str]:
    """Where the word still stands in rows whose time is over."""
    session = current_session()
    found = []
    for root in due.ROOTS:
        over = [
            row.row_id
            for row in session.scalars(
                select(RetentionTombstone).where(
                    RetentionTombstone.class_key == root.class_key,
                    RetentionTombstone.holding == root.table,
                )
            )
        ]
        key = "evidence" if root.class_key == "evidence_paid" else root.class_key
        if not over or root.only:
            continue
        for holding, keys in hanging(key, root.table, over):
            table = table_of(holding.name)
            found += [
                f"{holding.name}.{one.name}"
                for one in holding.emptied
                if isinstance(table.c[one.name].type, String)
                and session.scalar(
                    select(func.count())
                    .select_from(table)
                    .where(table.c.id.in_(keys), table.c[one.name].like(f"%{MARK}%"))
                )
            ]
    return found


@pytest.fixture
def world(app: Flask) -> Flask:
    records = RandomRecords(seed=11)
    with unit_of_work():
        for _ in range(250):
            records.write()
        close_everything()
        planted = plant()
    assert planted > 100
    return app


def counts() -> dict[str, int]:
    """Rows of every table that is not said to be deleted."""
    session = current_session()
    return {
        name: session.scalar(select(func.count()).select_from(table_of(name))) or 0
        for name, one in holdings().tables.items()
        if one.ends != "delete" and one.retention not in {"audit", "consent", "mail", "accounts"}
    }


def test_what_is_over_goes_and_counts_stay(world: Flask) -> None:
    before = counts()
    with freeze(utc_now() + LATER):
        done = service.run("command")
        assert {"case_people", "paid_proof", "event_people"} <= done.went.keys()
        assert left() == []
        assert all(not line.over for line in schedule() if line.key != "sign_in")
        again = service.run("command")
        assert not again.went
        assert again.files == 0
    assert counts() == before
    assert counting.differences() == []


def test_a_column_that_is_forgotten_is_noticed(
    world: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = emptying.emptied

    def weak(table: Any, one: Any) -> Any:
        return table.c[one.name] if one.name == "summary" else real(table, one)

    monkeypatch.setattr(emptying, "emptied", weak)
    with freeze(utc_now() + LATER):
        service.run("command")
        assert set(left()) >= {"interactions.summary"}


def test_nothing_goes_before_its_time(world: Flask) -> None:
    with freeze(utc_now() + timedelta(days=20)):
        done = service.run("command")
    assert not {"case_people", "paid_proof", "evidence", "plans", "awards"} & done.went.keys()


def test_money_is_whole_before_and_after(app: Flask) -> None:
    make_owed(app, lines=2)
    with unit_of_work():
        close_everything()
    assert prove("command").fault is None
    with freeze(utc_now() + LATER):
        done = service.run("command")
        assert done.went["paid_proof"] >= 2
        assert prove("command").fault is None
    assert counting.differences() == []


# One case with a file ----------------------------------------------------------------------------


class Place:
    """A closed case with a file, a referral and a contact."""

    def __init__(self) -> None:
        provider = make_provider()
        self.employer = make_employer(name="Example Bakery")
        self.case = make_case(
            provider, self.employer, contact_name="Cora Example", contact_email="cora@example.org"
        )
        make_referral(
            make_source(),
            employer_id=self.employer.id,
            case_id=self.case.id,
            status="accepted",
            decided_at=utc_now(),
            contact_email="cora@example.org",
        )
        added = evidence.add(
            case=self.case,
            kind=next(iter(EVIDENCE_KINDS)),
            subject="",
            note="Cora signed it",
            file_name="cora.pdf",
            data=samples.pdf(),
            by=provider.author,
        )
        assert not isinstance(added, Err)
        self.file = added.value
        self.case_id, self.employer_id, self.file_id = (
            self.case.id,
            self.employer.id,
            self.file.id,
        )
        self.key, self.sha256 = self.file.storage_key, self.file.sha256
        self.case.stage, self.case.closed_at = "closed", utc_now()
        self.case.close_reason = "completed"


@pytest.fixture
def place(app: Flask) -> Place:
    with unit_of_work():
        return Place()


def in_months(months: int) -> Any:
    return freeze(utc_now() + timedelta(days=31 * months))


def test_a_file_goes_by_the_outbox_and_leaves_its_hash(place: Place) -> None:
    with in_months(26):
        done = service.run("command")
        assert (done.went["evidence"], done.files) == (1, 1)
        # Promised with the rows, removed by the worker after the commit.
        assert storage().exists(place.key)
        sweep()
        assert not storage().exists(place.key)
        emptying.remove_file({"key": place.key})
        row = current_session().get_one(EvidenceFile, place.file_id)
        assert (row.file_name, row.note, row.sha256) == ("Removed", "Removed", place.sha256)
        refused = evidence.read(evidence_found.one(row.reference))  # type: ignore[arg-type]
        assert isinstance(refused, Err)
        assert refused.problem.code == "removed"
    stone = current_session().scalar(
        select(RetentionTombstone).where(RetentionTombstone.class_key == "evidence")
    )
    assert stone is not None
    assert (stone.sha256, stone.row_id, stone.why) == (place.sha256, place.file_id, "schedule")


def test_a_referral_that_became_a_case_follows_it(place: Place) -> None:
    referrals = table_of("referrals")
    with in_months(26):
        service.run("command")
        assert current_session().scalars(select(referrals.c.contact_name)).all() == ["Name removed"]
        row = current_session().get_one(Case, place.case_id)
        assert (row.contact_name, row.contact_phone) == ("Name removed", "")
        assert row.contact_email.endswith("@removed.invalid")


@pytest.mark.parametrize("scope", ["everything", "class", "employer"])
def test_a_hold_stops_it_until_it_is_lifted(place: Place, scope: str) -> None:
    employer = current_session().get_one(Employer, place.employer_id)
    subject = {
        "everything": "",
        "class": "case_people",
        "employer": f"employer:{employer.reference}",
    }
    with unit_of_work() as session:
        hold = LegalHold(
            scope=scope,
            subject=subject[scope],
            reason="A claim",
            review_on=utc_now().date(),
            placed_name="Example Manager",
        )
        session.add(hold)
    with in_months(26):
        done = service.run("command")
        assert done.went["case_people"] == 0
        assert done.held["case_people"] == 1
        line = next(line for line in schedule() if line.key == "case_people")
        assert (line.over, line.held) == (0, 1)
        with unit_of_work():
            kept = current_session().scalar(select(LegalHold))
            assert kept is not None
            kept.lifted_at, kept.lifted_reason = utc_now(), "Over"
        assert service.run("command").went["case_people"] == 1


def test_a_hold_follows_an_employer_that_is_merged(place: Place) -> None:
    with unit_of_work() as session:
        merged = make_employer(name="Example Bakery again")
        merged.merged_into_id = place.employer_id
        subject = f"employer:{merged.reference}"
        session.add(
            LegalHold(
                scope="employer",
                subject=subject,
                reason="A claim",
                review_on=utc_now().date(),
                placed_name="Example Manager",
            )
        )
    with in_months(26):
        assert service.run("command").held["case_people"] == 1


def test_a_case_opened_once_more_ends_once_more(place: Place) -> None:
    with in_months(26):
        service.run("command")
        with unit_of_work():
            again = current_session().get_one(Case, place.case_id)
            again.contact_name, again.closed_at = "Dora Example", utc_now()
    with in_months(60):
        assert service.run("command").went["case_people"] == 1
        assert current_session().get_one(Case, place.case_id).contact_name == "Name removed"


# Killed ------------------------------------------------------------------------------------------


@pytest.fixture
def halves(committed_app: Flask) -> Iterator[Flask]:
    with committed_app.app_context():
        with unit_of_work():
            Place()
            Place()
        yield committed_app


@pytest.mark.parametrize("committed_app", ["sqlite", "postgresql"], indirect=True)
def test_a_run_that_is_killed_goes_on_where_it_stopped(
    halves: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = service.let_go, []

    def dying(root: Any, rows: Any, **more: Any) -> int:
        done = real(root, rows, **more)
        calls.append(root.class_key)
        if calls.count("evidence") == 2:
            raise KeyboardInterrupt
        return done

    with in_months(26):
        monkeypatch.setattr(service, "let_go", dying)
        with pytest.raises(KeyboardInterrupt):
            service.run("command", batch=1)
        monkeypatch.setattr(service, "let_go", real)
        names = select(EvidenceFile.file_name).order_by(EvidenceFile.id)
        # The batch under way when it died did not happen at all; the one before did.
        assert current_session().scalars(names).all() == ["Removed", "cora.pdf"]
        assert current_session().scalar(select(RetentionRun.ended_at)) is None
        assert service.run("command", batch=1).went["evidence"] == 1
        sweep()
        assert current_session().scalars(names).all() == ["Removed", "Removed"]
        keys = current_session().scalars(select(EvidenceFile.storage_key)).all()
        assert all(key.startswith("removed/") for key in keys)
        assert service.run("command").went.total() == 0
