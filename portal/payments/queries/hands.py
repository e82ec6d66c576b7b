"""Who has had a hand in work that is claimed, for the separation of duties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union

from portal.caseload.models import Attendance, Delivery, DiagnosticSession, EvidenceFile
from portal.db import current_session
from portal.payments.models import Claim, ClaimLine, Contract, Output, Subcontractor
from portal.payments.rules.duties import Involvement
from portal.payments.rules.states import LineState
from portal.programme.models import StaffPost

_APPROVED = ClaimLine.state == LineState.APPROVED.value


def involvement(claim: Claim, output_ids: Collection[int]) -> dict[int, Involvement]:
    """Who has had a hand in each of these outputs of a claim."""
    wanted = Output.id.in_(output_ids)
    rows = current_session().execute(_work().where(wanted))
    found = _involved([claim], ((claim.id, *row) for row in rows), _evidenced(wanted))
    return found[claim.id]


def involvement_in_paid(claims: Sequence[Claim]) -> dict[int, dict[int, Involvement]]:
    """By claim, who has had a hand in each output that was approved on it, in the lines' order.

    As many statements for many claims as for one.
    """
    ids = [claim.id for claim in claims]
    rows = current_session().execute(
        _work(ClaimLine.claim_id)
        .join(ClaimLine, ClaimLine.output_id == Output.id)
        .where(ClaimLine.claim_id.in_(ids), _APPROVED)
        .order_by(ClaimLine.claim_id, ClaimLine.id)
    )
    approved = select(ClaimLine.output_id).where(ClaimLine.claim_id.in_(ids), _APPROVED)
    return _involved(claims, (tuple(row) for row in rows), _evidenced(Output.id.in_(approved)))


def _work(*more: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *more,
            Output.id,
            Output.organisation_id,
            Output.adviser_id,
            DiagnosticSession.by,
            Delivery.by,
        )
        .select_from(Output)
        .outerjoin(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        .outerjoin(Delivery, Delivery.id == Output.delivery_id)
    )


def _involved(
    claims: Sequence[Claim], rows: Iterable[Sequence[Any]], evidenced: dict[int, set[int]]
) -> dict[int, dict[int, Involvement]]:
    """``rows``: claim, output, the provider of the work, and everybody who recorded it."""
    work: dict[int, list[Sequence[Any]]] = {claim.id: [] for claim in claims}
    for row in rows:
        work[row[0]].append(row)
    claiming = _claimants(claims)
    for key, done in work.items():
        claiming[key] |= {row[2] for row in done}
    staff = _staff(set[int]().union(*claiming.values()))
    found: dict[int, dict[int, Involvement]] = {}
    for claim in claims:
        people = frozenset[int]().union(*(staff.get(one, ()) for one in claiming[claim.id]))
        found[claim.id] = {
            output: Involvement(
                recorded_by=frozenset(one for one in hands if one is not None),
                evidenced_by=frozenset(evidenced.get(output, ())),
                submitted_by=claim.submitted_by,
                claimant_staff=people,
                drafted_by=claim.drafted_by,
            )
            for _claim, output, _organisation, *hands in work[claim.id]
        }
    return found


def _claimants(claims: Sequence[Claim]) -> dict[int, set[int]]:
    """By claim, the contract's provider and its subcontractors."""
    contracts = {claim.contract_id for claim in claims}
    own = select(Contract.id, Contract.organisation_id).where(Contract.id.in_(contracts))
    theirs = select(Subcontractor.contract_id, Subcontractor.organisation_id).where(
        Subcontractor.contract_id.in_(contracts)
    )
    found: dict[int, set[int]] = {}
    for contract, organisation in current_session().execute(union(own, theirs)):
        found.setdefault(contract, set()).add(organisation)
    return {claim.id: set(found[claim.contract_id]) for claim in claims}


def _staff(organisations: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    rows = current_session().execute(
        select(StaffPost.organisation_id, StaffPost.user_id).where(
            StaffPost.organisation_id.in_(organisations)
        )
    )
    for organisation, person in rows:
        found.setdefault(organisation, set()).add(person)
    return found


def _evidenced(wanted: ColumnElement[bool]) -> dict[int, set[int]]:
    """Who added evidence with the case of an output, or of any employer that attended with it."""
    # The outputs come first: SQLite would look for each of them again beside every file.
    outputs = (
        select(Output.id, Output.case_id, Output.delivery_id)
        .where(wanted)
        .cte("wanted")
        .prefix_with("MATERIALIZED")
    )
    # Two plain joins: an "or" between them would read every file for every output.
    own = select(outputs.c.id, EvidenceFile.uploaded_by).join(
        EvidenceFile, EvidenceFile.case_id == outputs.c.case_id
    )
    attending = (
        select(outputs.c.id, EvidenceFile.uploaded_by)
        .join(Attendance, Attendance.delivery_id == outputs.c.delivery_id)
        .join(EvidenceFile, EvidenceFile.case_id == Attendance.case_id)
    )
    rows = current_session().execute(union(own, attending))
    found: dict[int, set[int]] = {}
    for key, person in rows:
        if person is not None:
            found.setdefault(key, set()).add(person)
    return found
