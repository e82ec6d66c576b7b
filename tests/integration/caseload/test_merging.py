"""Merging two records of one employer, and taking them apart again to the last byte."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.action_plans import service as plans
from portal.caseload.merging import (
    GUARDS_EXTENSION,
    POLICIES_EXTENSION,
    MergePolicy,
    register_merge_guard,
    register_merge_policy,
)
from portal.caseload.models import (
    Attendance,
    Case,
    Confirmation,
    Delivery,
    DiagnosticSession,
    EmployerMerge,
    EvidenceFile,
    Interaction,
    Referral,
)
from portal.caseload.queries import merging as queries
from portal.caseload.service import cases, merge_undo, merging
from portal.db import Base, current_session, unit_of_work
from portal.db.session import PortalSession
from portal.diagnostics.models import Response
from portal.diagnostics.queries import stored_histograms
from portal.employers import queries as employers
from portal.employers.models import Employer, EmployerSite, Invitation, JoinRequest, Membership
from portal.employers.service import timeline
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.result import Err, Ok, Problem
from portal.reports.service import counting
from tests.factories.accounts import make_user
from tests.factories.action_plans import Party, make_party, make_plan
from tests.factories.caseload import (
    Provider,
    author_of,
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
)
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer, make_membership, make_register_entry

# What a merge and its undoing leave behind on purpose: who did what, when.
TRAIL = {
    *("audit_entries", "audit_links", "outbox"),
    *("employer_merges", "employer_timeline", "employer_history"),
}
# Worked out afresh: the same rows under new keys.
WORKED_OUT = {
    "diagnostic_movements": ("id",),
    "diagnostic_movement_scores": ("id", "movement_id"),
}


def dump() -> dict[str, dict[int, str]]:
    """Every row of every table as text, by key."""
    found = {}
    for name, table in Base.metadata.tables.items():
        rows = current_session().execute(table.select()).mappings()
        found[name] = {
            row.get("id") or hash(tuple(row.values())): json.dumps(
                dict(row), default=str, sort_keys=True
            )
            for row in rows
        }
    return found


def without_keys(rows: dict[int, str], name: str) -> list[str]:
    found = [json.loads(row) for row in rows.values()]
    kept = [{k: v for k, v in row.items() if k not in WORKED_OUT[name]} for row in found]
    return sorted(json.dumps(row, sort_keys=True) for row in kept)


def boss():
    with unit_of_work():
        user = make_lep_officer("lep_manager")
        return author_of(user)


def fingerprint(kept: str, merged: str) -> str:
    found = merging.plan(kept=kept, merged=merged)
    assert isinstance(found, Ok), found
    return found.value.fingerprint


def do_merge(kept: str, merged: str, *, by: Any, fill: tuple[str, ...] = ()) -> Any:
    with unit_of_work():
        return merging.merge(
            kept=kept,
            merged=merged,
            fill=fill,
            reason="The same shop, entered twice",
            fingerprint=fingerprint(kept, merged),
            by=by,
        )


def do_undo(reference: str, *, by: Any) -> Any:
    with unit_of_work():
        return merge_undo.undo(reference=reference, by=by)


def close(case: Case, provider: Provider) -> None:
    done = cases.close_case(
        reference=case.reference,
        reason="duplicate",
        note="",
        revision=case.revision,
        by=provider.author,
    )
    assert isinstance(done, Ok), done


def add_work(provider: Provider, employer_id: int, case: Case, rng: random.Random) -> None:
    """Some of everything that names an employer."""
    session = current_session()
    source = make_source()
    for number in range(rng.randint(1, 3)):
        make_referral(source, employer_id=employer_id, organisation_id=provider.organisation.id)
        session.add(
            Interaction(case_id=case.id, kind="call", reached=True, by_name="A", minutes=number)
        )
        timeline.note(
            employer_id=employer_id, kind="contact", title=f"Call {number}", by=provider.author
        )
    session.add(
        Referral(
            source_id=source.id,
            organisation_id=provider.organisation.id,
            channel="form",
            employer_name="Example",
            match_name="example",
            contact_name="Example",
            contact_email="x@example.org",
            consent=True,
            expires_on=today(),
            status="accepted",
            decided_at=utc_now(),
            employer_id=employer_id,
            case_id=case.id,
        )
    )
    held = DiagnosticSession(
        case_id=case.id, held_on=today(), minutes=90, mode="video", by_name="A"
    )
    delivery = Delivery(
        organisation_id=provider.organisation.id,
        kind="workshop",
        design="bespoke",
        title=f"Rotas that work {rng.random()}",
        audience=["line_managers"],
        delivered_on=today(),
        minutes=60,
        mode="online",
        trainer="Example Trainer",
        funding="fully_funded",
        by_name="A",
    )
    session.add_all([held, delivery])
    session.flush()
    attendance = Attendance(
        delivery_id=delivery.id,
        employer_id=employer_id,
        case_id=case.id,
        attended=4,
        sector="hospitality",
    )
    session.add(attendance)
    session.flush()
    session.add_all(
        [
            Confirmation(
                session_id=held.id,
                employer_id=employer_id,
                case_id=case.id,
                to_name="Example",
                to_email="x@example.org",
                token_hash=token_hash(new_token()),
                due_on=today(),
            ),
            EvidenceFile(
                employer_id=employer_id,
                case_id=case.id,
                organisation_id=provider.organisation.id,
                kind="size",
                file_name="payroll.pdf",
                media_type="application/pdf",
                size_bytes=10,
                sha256=f"{rng.getrandbits(256):064x}",
                storage_key=f"evidence/{rng.getrandbits(64)}",
                by_name="A",
            ),
            EmployerSite(
                employer_id=employer_id, name="Second shop", postcode="LS1 4AP", district="leeds"
            ),
            Invitation(
                employer_id=employer_id,
                email="invited@example.org",
                role="member",
                token_hash=token_hash(new_token()),
                expires_at=utc_now() + timedelta(days=7),
            ),
            JoinRequest(employer_id=employer_id, user_id=make_user().id),
        ]
    )
    session.flush()


def seeded(seed: int) -> random.Random:
    """Chance that falls the same way every time."""
    return random.Random(seed)  # noqa: S311


def rich_pair(seed: int) -> tuple[Party, Party]:
    """Two employers with diagnostics, plans, people, cases and everything on them."""
    rng = seeded(seed)
    kept, merged = make_party(name="Example Bakers Ltd"), make_party(name="Example Bakers Limited")
    with unit_of_work():
        provider = make_provider()
        shared = make_user(name="Acts For Both")
        roles = rng.choice([("member", "owner"), ("owner", "member"), ("member", "member")])
        make_membership(employer_id=kept.employer_id, user_id=shared.id, role=roles[0])
        make_membership(employer_id=merged.employer_id, user_id=shared.id, role=roles[1])
        asked = make_user(name="Asked Both")
        for party in (kept, merged):
            current_session().add(JoinRequest(employer_id=party.employer_id, user_id=asked.id))
        first, second = (rng.sample([kept, merged], 2)) if rng.random() < 0.7 else (kept, kept)
        for party in {first.employer: first, second.employer: second}.values():
            case = make_case(provider, current_session().get(Employer, party.employer_id))
            add_work(provider, party.employer_id, case, rng)
            if party is not first:
                close(case, provider)
    if rng.random() < 0.5:
        make_response(employer=kept.employer, worst=rng.random() < 0.5)
    with_plan = rng.choice([kept, merged])
    make_plan(with_plan)
    with unit_of_work():
        plans.request_version(employer=with_plan.employer, by=with_plan.author)
    return kept, merged


@pytest.mark.parametrize("seed", range(6))
def test_undoing_a_merge_leaves_every_table_as_it_was(session: PortalSession, seed: int) -> None:
    kept, merged = rich_pair(seed)
    by = boss()
    before = dump()
    done = do_merge(kept.employer, merged.employer, by=by)
    assert isinstance(done, Ok), done
    reference = done.value.reference
    between = dump()
    assert between["memberships"] != before["memberships"]
    assert between["diagnostic_responses"] != before["diagnostic_responses"]
    assert merged.employer_id not in session.scalars(select(Case.employer_id)).all()
    assert isinstance(do_undo(reference, by=by), Ok)
    after = dump()
    for name, rows in before.items():
        if name in TRAIL:
            # What was there is there, to the byte; lines were added only.
            assert {key: after[name][key] for key in rows} == rows, name
        elif name in WORKED_OUT:
            assert without_keys(after[name], name) == without_keys(rows, name), name
        elif name == "audit_heads":
            # The end of the trail's chain moves on with every line.
            assert after[name] != rows
        # Pages that are kept ask a table's stamp whether it changed, and it did, twice.
        elif not name.startswith("report_") and name != "shown_stamps":
            assert after[name] == rows, name
    assert counting.differences() == []
    assert len(after["employer_timeline"]) == len(before["employer_timeline"]) + 4
    assert len(after["employer_history"]) == len(before["employer_history"])


def test_everything_stands_with_the_kept_record_and_the_other_is_gone(
    session: PortalSession,
) -> None:
    kept, merged = rich_pair(1)
    by = boss()
    done = do_merge(kept.employer, merged.employer, by=by)
    assert isinstance(done, Ok), done
    assert employers.employer_profile(merged.employer) is None
    assert employers.employer_for_update(merged.employer) is None
    assert employers.kept_reference(merged.employer) == kept.employer
    assert [row.reference for row in employers.search_employers("Example Bakers").rows] == [
        kept.employer
    ]
    assert employers.employers_of(merged.owner_id) == {kept.employer: "owner"}
    current = session.scalars(
        select(Response.employer_id).where(
            Response.employer_id.in_([kept.employer_id, merged.employer_id]), Response.is_current
        )
    ).all()
    assert current == [kept.employer_id]
    # One employer is counted once.
    histograms = stored_histograms(kept.response.questionnaire_key)
    assert sum(n for key, n in histograms.items() if "overall" in key) == 1
    lines = set(session.scalars(select(Base.metadata.tables["employer_timeline"].c.title)))
    assert {
        "Merged into Example Bakers Ltd",
        "Example Bakers Limited was merged into this record",
    } <= lines


def test_facts_fill_gaps_and_are_emptied_again(session: PortalSession) -> None:
    by = boss()
    with unit_of_work():
        entry = make_register_entry(company_number="01234567")
        kept = make_employer(
            name="Corner Cafe", headcount=None, search_text="corner cafe zz0cornercafe"
        )
        merged = make_employer(
            name="Corner Café Ltd",
            trading_name="The Corner",
            company_number="01234567",
            register_entry_id=entry.id,
            iip_status="accredited",
            iip_on=date(2026, 3, 1),
        )
        one, other = kept.reference, merged.reference
    before = dump()
    done = do_merge(one, other, by=by, fill=("trading_name", "company_number", "staff", "register"))
    assert isinstance(done, Ok), done
    profile = employers.employer_profile(one)
    assert profile is not None
    assert (profile.trading_name, profile.company_number, profile.headcount) == (
        "The Corner",
        "01234567",
        24,
    )
    assert (profile.size_tier, profile.iip_status, profile.version) == ("small", None, 2)
    assert employers.employer_with(number="01234567").reference == one
    assert employers.employer_with(entry_id=entry.id).reference == one
    assert isinstance(do_undo(done.value.reference, by=by), Ok)
    after = dump()
    was, now = (json.loads(rows["employers"][kept.id]) for rows in (before, after))
    assert (was.pop("version"), now.pop("version")) == (1, 3)
    assert {k: v for k, v in was.items() if k != "updated_at"} == {
        k: v for k, v in now.items() if k != "updated_at"
    }
    assert after["employers"][merged.id] == before["employers"][merged.id]


def test_a_fact_changed_since_stays_and_is_said(session: PortalSession) -> None:
    by = boss()
    with unit_of_work():
        kept, merged = make_employer(), make_employer(trading_name="The Corner")
        one, other = kept.reference, merged.reference
    made = do_merge(one, other, by=by, fill=("trading_name",)).value.reference
    with unit_of_work() as writing:
        writing.get(Employer, kept.id).trading_name = "The Other Corner"
    planned = merge_undo.undo_plan(made)
    assert any("Trading name" in note for note in planned.value.notes)
    assert isinstance(do_undo(made, by=by), Ok)
    assert employers.employer_profile(one).trading_name == "The Other Corner"
    assert employers.employer_profile(other).trading_name == "The Corner"


@pytest.mark.parametrize("what", ["cases", "plans", "paid", "delivery", "guard"])
def test_what_stands_against_a_merge_is_said(session: PortalSession, app, what: str) -> None:
    by = boss()
    if what == "plans":
        kept, merged = make_party(), make_party()
        make_plan(kept)
        make_plan(merged)
        one, other = kept.employer, merged.employer
    else:
        with unit_of_work():
            provider = make_provider()
            pair = [make_employer(), make_employer()]
            made = [make_case(provider, employer) for employer in pair]
            if what == "paid":
                for case in made:
                    case.session_state = "confirmed"
            if what != "cases":
                close(made[0], provider)
            if what == "delivery":
                add_work(provider, pair[0].id, made[0], seeded(1))
                delivery = session.scalar(select(Delivery.id))
                session.add(
                    Attendance(
                        delivery_id=delivery,
                        employer_id=pair[1].id,
                        case_id=made[1].id,
                        attended=2,
                        sector="retail",
                    )
                )
            one, other = (employer.reference for employer in pair)
    if what == "guard":
        register_merge_guard(app, lambda *_ids: Problem("claimed", "Both were claimed"))
    try:
        refused = do_merge(one, other, by=by)
    finally:
        if what == "guard":
            app.extensions[GUARDS_EXTENSION].pop()
    assert isinstance(refused, Err)
    codes = {
        "cases": "two_open_cases",
        "plans": "two_active_plans",
        "paid": "paid_twice",
        "delivery": "same_delivery",
        "guard": "claimed",
    }
    assert refused.problem.code == codes[what]
    assert session.scalar(select(EmployerMerge.id)) is None


def test_what_changed_since_the_preview_is_not_merged(session: PortalSession) -> None:
    by = boss()
    with unit_of_work():
        provider = make_provider()
        kept, merged = make_employer(), make_employer()
        one, other, merged_id = kept.reference, merged.reference, merged.id
    seen = fingerprint(one, other)
    with unit_of_work():
        make_case(provider, session.get(Employer, merged_id))
    with unit_of_work():
        stale = merging.merge(
            kept=one, merged=other, fill=(), reason="Same", fingerprint=seen, by=by
        )
    assert isinstance(stale, Err)
    assert stale.problem.code == "changed"
    with unit_of_work():
        silent = merging.merge(kept=one, merged=other, fill=(), reason=" ", fingerprint=seen, by=by)
    assert silent.problem.field == "reason"
    assert merging.plan(kept=one, merged=one).problem.code == "same_employer"


def test_a_role_rises_and_falls_again(session: PortalSession) -> None:
    by = boss()
    with unit_of_work():
        user = make_user()
        kept, merged = make_employer(), make_employer()
        weak = make_membership(employer_id=kept.id, user_id=user.id)
        make_membership(employer_id=merged.id, user_id=user.id, role="owner")
        one, other, weak_id = kept.reference, merged.reference, weak.id
    made = do_merge(one, other, by=by).value.reference
    assert employers.employers_of(user.id) == {one: "owner"}
    assert isinstance(do_undo(made, by=by), Ok)
    assert employers.employers_of(user.id) == {one: "member", other: "owner"}
    assert session.get(Membership, weak_id).role == "member"


def test_work_on_a_moved_case_goes_back_with_it(session: PortalSession) -> None:
    by = boss()
    with unit_of_work():
        provider = make_provider()
        kept, merged = make_employer(), make_employer()
        case = make_case(provider, merged)
        one, other, merged_id = kept.reference, merged.reference, merged.id
    made = do_merge(one, other, by=by).value.reference
    with unit_of_work():
        add_work(provider, kept.id, session.get(Case, case.id), seeded(3))
    planned = merge_undo.undo_plan(made).value
    assert {column for column, _ids in planned.following} == {
        "referrals.employer_id",
        "evidence_files.employer_id",
        "delivery_attendances.employer_id",
        "confirmations.employer_id",
    }
    assert isinstance(do_undo(made, by=by), Ok)
    assert set(session.scalars(select(EvidenceFile.employer_id))) == {merged_id}
    assert isinstance(do_undo(made, by=by), Err)


def test_what_grew_together_cannot_be_taken_apart(session: PortalSession) -> None:
    by = boss()
    kept = make_party()
    with unit_of_work():
        other = make_employer().reference
    made = do_merge(other, kept.employer, by=by).value.reference
    moved = Party(other, 0, kept.owner, kept.owner_id, kept.response)
    make_plan(moved)
    refused = do_undo(made, by=by)
    assert isinstance(refused, Err)
    assert "Action plans" in refused.problem.message
    assert employers.employer_profile(kept.employer) is None


def test_a_second_merge_must_be_undone_first(session: PortalSession) -> None:
    by = boss()
    with unit_of_work():
        provider = make_provider()
        first, second, third = (make_employer() for _ in range(3))
        make_case(provider, first)
        names = [employer.reference for employer in (first, second, third)]
    one = do_merge(names[1], names[0], by=by).value.reference
    two = do_merge(names[2], names[1], by=by).value.reference
    # The first record leads to where its case is now.
    assert employers.kept_reference(names[0]) == names[2]
    assert do_undo(one, by=by).problem.code == "merged_again"
    assert isinstance(do_undo(two, by=by), Ok)
    assert employers.kept_reference(names[0]) == names[1]
    assert isinstance(do_undo(one, by=by), Ok)
    assert queries.providers_of([first.id]) == {first.id: {provider.organisation.id}}


def test_every_column_that_names_an_employer_has_a_policy(app) -> None:
    known = app.extensions[POLICIES_EXTENSION]
    columns = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "employers"
    }
    assert columns == set(known)
    with pytest.raises(RuntimeError, match="Two policies"):
        register_merge_policy(app, MergePolicy("cases.employer_id", "Cases", str))


def test_likely_doubles_are_found(session: PortalSession) -> None:
    with unit_of_work():
        entry = make_register_entry(company_number="07654321")
        one = make_employer(name="Brook & Sons Bakery Ltd", postcode="LS2 7EW")
        make_employer(name="Unlike Anything Garage", postcode="LS2 7EW")
        two = make_employer(name="BROOK AND SONS BAKERY LIMITED", postcode="LS2 7EW")
        make_employer(name="Numbers Match", company_number="07654321", postcode="BD1 1AA")
        make_employer(name="Quite Another Name", register_entry_id=entry.id, postcode="HX1 1AA")
        far = make_employer(name="Brook and Sons Bakery", postcode="YO1 7HH")
        for employer in (one, two, far):
            employer.search_text = "brook sons bakery zz0brooksonsbakery"
    pairs = [{pair.one.name, pair.other.name} for pair in queries.likely_pairs()]
    assert pairs == [
        {"Numbers Match", "Quite Another Name"},
        {"Brook & Sons Bakery Ltd", "BROOK AND SONS BAKERY LIMITED"},
    ]
    record = queries.record(one.reference)
    assert [pair.other.name for pair in queries.alike(record)] == [two.name, far.name]
    assert queries.search_records("yo1 7hh")[0].id == far.id
    assert queries.alike(record, within=[far.id])[0].other.id == far.id
