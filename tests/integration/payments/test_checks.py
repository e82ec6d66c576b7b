"""Checks gathered from the records, kept run by run, and let through by two people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from portal.accounts.models import User
from portal.caseload.models import Case, Confirmation, DiagnosticSession, EvidenceFile
from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.result import Err, Ok
from portal.payments.models import CheckOverride, CheckResult, Claim, Contract, Decision, Output
from portal.payments.queries import checks as kept
from portal.payments.queries import claims as found
from portal.payments.service import checks, claims, overrides
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_provider,
)
from tests.factories.claims import make_many_outputs
from tests.factories.employers import make_employer
from tests.factories.payments import make_card, make_contract, make_hard_to_reach, make_output

OCTOBER = date(2026, 10, 1)
MONDAY = date(2026, 10, 5)


class World:
    """A provider with an active contract and people at the LEP."""

    def __init__(self) -> None:
        self.provider: Provider = make_provider()
        self.contract: Contract = make_contract(self.provider.organisation)
        self.card = make_card()
        self.officer: User = make_lep_officer()
        self.boss: User = make_lep_officer("lep_manager")
        self.manager = author_of(self.provider.manager)

    def build(self) -> Claim:
        with unit_of_work():
            built = claims.build(contract_id=self.contract.id, period=OCTOBER, by=self.manager)
            assert isinstance(built, Ok), built
        return built.value.claim

    def submit(self, claim: Claim) -> Ok[Claim] | Err:
        with unit_of_work():
            return claims.submit(
                reference=claim.reference, revision=claim.revision, by=self.manager
            )


@pytest.fixture
def world(session: Any) -> World:
    with unit_of_work():
        return World()


def said(claim: Claim, kind: str) -> list[tuple[str, str]]:
    """What the newest run says about one kind of check, passes left out."""
    rows = current_session().execute(
        select(CheckResult.result, CheckResult.words)
        .where(
            CheckResult.claim_id == claim.id,
            CheckResult.run == kept.last_run(claim.id),
            CheckResult.kind == kind,
        )
        .order_by(CheckResult.id)
    )
    return [(row[0], row[1]) for row in rows]


def add_file(output: Output, *, content: str = "a", kind: str = "session_record", **changes: Any):
    case = current_session().get_one(Case, output.case_id)
    held = current_session().get_one(DiagnosticSession, output.session_id)
    file = EvidenceFile(
        employer_id=output.employer_id,
        case_id=case.id,
        organisation_id=case.organisation_id,
        kind=kind,
        subject=changes.pop("subject", f"session:{held.reference}"),
        file_name="example.pdf",
        media_type="application/pdf",
        size_bytes=10,
        sha256=content * 64,
        storage_key=f"example/{output.id}/{content}/{kind}",
        by_name="Example Adviser",
        **changes,
    )
    current_session().add(file)
    current_session().flush()


def test_a_sound_line_passes_and_says_what_passed(world: World) -> None:
    with unit_of_work():
        add_file(make_output(world.provider, held_on=MONDAY))
    claim = world.build()
    ((result, words),) = said(claim, checks.PASSED)
    assert result == "pass"
    assert words.startswith("Eligible employer, Dates, Confirmed by the employer, Evidence")
    row = current_session().scalars(select(CheckResult)).one()
    assert len(row.detail["kinds"]) == 9


def test_each_run_is_kept_beside_the_earlier_ones(world: World) -> None:
    with unit_of_work():
        output = make_output(world.provider, held_on=MONDAY)
    claim = world.build()
    assert said(claim, "evidence") == [("warn", "No file was added for this work")]
    with unit_of_work():
        add_file(output)
        again = checks.run_again(reference=claim.reference, by=world.manager)
    assert isinstance(again, Ok)
    assert said(claim, "evidence") == []
    assert [(run.run, run.warnings) for run in kept.runs(claim.id)] == [(2, 0), (1, 1)]
    assert isinstance(world.submit(claim), Ok)
    assert kept.last_run(claim.id) == 3


def test_staff_cannot_confirm_for_an_employer(world: World) -> None:
    with unit_of_work():
        output = make_output(world.provider, held_on=MONDAY)
        current_session().execute(
            update(Confirmation)
            .where(Confirmation.session_id == output.session_id)
            .values(to_email=world.provider.manager.email.upper())
        )
    claim = world.build()
    words = "The person who confirmed works for a provider or the LEP"
    assert said(claim, "confirmation") == [("fail", words)]


def test_an_infected_or_withdrawn_file_is_no_evidence(world: World) -> None:
    with unit_of_work():
        output = make_output(world.provider, held_on=MONDAY)
        add_file(output, scan_state="infected")
        add_file(output, content="b", withdrawn_at=utc_now(), withdrawn_reason="Wrong")
    assert said(world.build(), "evidence") == [("warn", "No file was added for this work")]


def test_a_bonus_needs_evidence_for_both_halves(world: World) -> None:
    with unit_of_work():
        employer = make_hard_to_reach(on=date(2026, 9, 1))
        output = make_output(world.provider, employer, held_on=MONDAY)
        assert output.hard_to_reach
        values = {**output.facts["values"], "iip_evidence": "", "training_note": ""}
        output.facts = {**output.facts, "values": values}
        add_file(output, kind="investors_in_people", subject="")
    words = "There is no evidence for: no training for a qualification"
    assert said(world.build(), "evidence") == [("fail", words)]


def test_a_file_of_other_work_is_found_whoever_used_it(world: World) -> None:
    with unit_of_work():
        one = make_output(world.provider, make_employer(name="Copper Kettle"), held_on=MONDAY)
        two = make_output(world.provider, make_employer(name="Aire Valley Care"), held_on=MONDAY)
        add_file(one, content="c")
        add_file(two, content="c")
    claim = world.build()
    assert sorted(words for _result, words in said(claim, "reused_file")) == [
        "A file was used before: record of the in-depth session of Aire Valley Care",
        "A file was used before: record of the in-depth session of Copper Kettle",
    ]


def test_another_providers_names_stay_its_own(world: World) -> None:
    with unit_of_work():
        other = make_provider()
        make_contract(other.organisation)
        theirs = make_output(
            other, make_employer(name="Copper Kettle Leeds"), held_on=date(2026, 10, 1)
        )
        mine = make_output(world.provider, make_employer(name="Copper Kettle Leed"), held_on=MONDAY)
        add_file(theirs, content="d")
        add_file(mine, content="d")
    claim = world.build()
    assert said(claim, "reused_file") == [
        ("fail", "A file was used before: a record of another provider")
    ]
    ((result, words),) = said(claim, "duplicate")
    assert result == "warn"
    assert words.startswith("A business of another provider was engaged before")


def test_a_merged_record_is_the_same_business(world: World) -> None:
    with unit_of_work():
        kettle = make_employer(name="Copper Kettle", postcode="LS2 1AA")
        make_output(world.provider, kettle, held_on=MONDAY)
        double = make_employer(name="Quite Another", postcode="BD1 1AA")
        make_output(world.provider, double, held_on=MONDAY + timedelta(days=1))
        double.merged_into_id = kettle.id
    words = "Copper Kettle has the same number and was engaged before"
    assert said(world.build(), "duplicate") == [("fail", words)]


def test_days_volume_and_bonuses_are_looked_at(world: World) -> None:
    with unit_of_work():
        for _ in range(5):
            make_output(world.provider, held_on=date(2026, 10, 3))
    claim = world.build()
    assert {words for _r, words in said(claim, "volume")} == {
        f"{world.provider.adviser.name} recorded 5 sessions on that day"
    }
    assert {words for _r, words in said(claim, "working_day")} == {
        "Saturday 3 October 2026 is a weekend or a bank holiday"
    }


def test_statements_do_not_grow_with_the_lines(world: World) -> None:
    engine = current_session().get_bind().engine
    counts = []
    with unit_of_work():
        world.contract.total_cap_pence = 100_000_000
    for count in (3, 120):
        with unit_of_work():
            make_many_outputs(world.provider, world.contract, world.card, count)
        statements: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any, kept: list[str] = statements):
            kept.append(statement)

        claim = world.build()
        event.listen(engine, "before_cursor_execute", note)
        with unit_of_work():
            done = checks.run_again(reference=claim.reference, by=world.manager)
        event.remove(engine, "before_cursor_execute", note)
        assert isinstance(done, Ok)
        counts.append((done.value.lines, len(statements)))
    assert counts[0][0] == 3
    assert counts[1][0] > 100
    assert counts[0][1] == counts[1][1] <= 25


def test_a_failed_check_stops_submission_until_two_people_let_it_through(world: World) -> None:
    with unit_of_work():
        output = make_output(world.provider, make_employer(name="Copper Kettle"), held_on=MONDAY)
        current_session().execute(
            update(Confirmation)
            .where(Confirmation.session_id == output.session_id)
            .values(to_email=world.officer.email)
        )
    claim = world.build()
    refused = world.submit(claim)
    assert isinstance(refused, Err)
    assert refused.problem.code == "check_failed"
    assert "Copper Kettle fails a check" in refused.problem.message
    line = found.live_lines(claim.id)[0][0].id
    asked = ask(world, claim, line)
    assert isinstance(asked, Ok), asked
    # Asked for is not granted.
    assert isinstance(world.submit(claim), Err)
    with unit_of_work():
        granted = overrides.grant(override_id=asked.value.id, by=author_of(world.boss))
    assert isinstance(granted, Ok)
    assert isinstance(world.submit(claim), Ok)


def ask(world: World, claim: Claim, line: int, **changes: Any) -> Ok[CheckOverride] | Err:
    values: dict[str, Any] = {
        "reference": claim.reference,
        "line_id": line,
        "kind": "confirmation",
        "reason": "The owner also sits on our board",
        "until_on": today() + timedelta(days=30),
        "by": world.manager,
        **changes,
    }
    with unit_of_work():
        return overrides.ask(**values)


@pytest.fixture
def failing(world: World) -> tuple[World, Claim, int]:
    with unit_of_work():
        output = make_output(world.provider, held_on=MONDAY)
        current_session().execute(
            update(Confirmation)
            .where(Confirmation.session_id == output.session_id)
            .values(to_email=world.officer.email)
        )
    claim = world.build()
    return world, claim, found.live_lines(claim.id)[0][0].id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "  "}, "reason_needed"),
        ({"until_on": None}, "until_past"),
        ({"until_on": date(2020, 1, 1)}, "until_past"),
        ({"until_on": date(2199, 1, 1)}, "until_far"),
        ({"kind": "volume"}, "not_failing"),
        ({"kind": "cap"}, "never"),
        ({"line_id": 0}, "no_line"),
        ({"reference": "7ZZZZZZZZZ"}, "no_line"),
    ],
)
def test_what_cannot_be_asked_for(failing: Any, changes: dict[str, Any], code: str) -> None:
    world, claim, line = failing
    refused = ask(world, claim, line, **changes)
    assert isinstance(refused, Err)
    assert refused.problem.code == code
    assert current_session().scalars(select(CheckOverride)).all() == []


def test_neither_who_asked_nor_who_had_a_hand_in_it_grants(failing: Any) -> None:
    world, claim, line = failing
    asked = ask(world, claim, line, by=author_of(world.boss))
    assert isinstance(asked, Ok)
    assert isinstance(ask(world, claim, line), Err)
    for person, why in (
        (world.boss, "you asked for this"),
        (world.provider.adviser, "you recorded this work"),
        (world.provider.manager, "you drafted it"),
    ):
        with unit_of_work():
            refused = overrides.grant(override_id=asked.value.id, by=author_of(person))
        assert isinstance(refused, Err)
        assert refused.problem.code == overrides.SEPARATION
        assert why in refused.problem.message
    actions = current_session().scalars(select(Decision.action)).all()
    assert actions.count("override.grant_refused") == 3
    assert current_session().scalars(select(CheckOverride.granted_at)).all() == [None]


def test_what_was_let_through_counts_until_its_last_day(failing: Any) -> None:
    world, claim, line = failing
    asked = ask(world, claim, line, until_on=today() + timedelta(days=2))
    assert isinstance(asked, Ok)
    with unit_of_work():
        overrides.grant(override_id=asked.value.id, by=author_of(world.boss))
    assert kept.unresolved([line]) == []
    with freeze(utc_now() + timedelta(days=3)):
        assert [one.kind for one in kept.unresolved([line])] == ["confirmation"]
        with unit_of_work():
            later = overrides.grant(override_id=asked.value.id, by=author_of(world.boss))
        assert isinstance(later, Err)
        assert later.problem.code == "granted_already"


def test_a_request_is_declined_once_and_may_be_asked_again(failing: Any) -> None:
    world, claim, line = failing
    first = ask(world, claim, line)
    assert isinstance(first, Ok)
    with unit_of_work():
        empty = overrides.decline(override_id=first.value.id, words=" ", by=author_of(world.boss))
        assert isinstance(empty, Err)
        done = overrides.decline(
            override_id=first.value.id, words="Ask somebody else", by=author_of(world.boss)
        )
        assert isinstance(done, Ok)
        again = overrides.grant(override_id=first.value.id, by=author_of(world.boss))
        assert isinstance(again, Err)
    assert isinstance(ask(world, claim, line), Ok)
    (settled,) = kept.overrides(None, waiting=False)
    assert (settled.state, settled.answer) == ("declined", "Ask somebody else")
    assert len(kept.overrides([world.provider.organisation.id], waiting=True)) == 1
    assert kept.overrides([0], waiting=True) == []


def test_checks_older_than_a_day_are_run_before_a_decision(failing: Any) -> None:
    world, claim, _line = failing
    with unit_of_work():
        held = found.claim_to_change(claim.reference)
        assert held is not None
        assert checks.refresh(held, world.manager) is None
    with freeze(utc_now() + timedelta(days=1, minutes=1)), unit_of_work():
        held = found.claim_to_change(claim.reference)
        assert held is not None
        assert checks.refresh(held, world.manager) is not None
    assert kept.last_run(claim.id) == 2
