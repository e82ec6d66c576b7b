"""What the proof of the ledger compares it with."""

from __future__ import annotations

from collections.abc import Generator

from sqlalchemy import select

from portal.db import current_session
from portal.payments.models import Claim, ClaimLine, ContractCap, Output
from portal.payments.rules.proof import LineFacts

_line, _claim, _output = ClaimLine.__table__.c, Claim.__table__.c, Output.__table__.c


def line_facts() -> dict[int, LineFacts]:
    """Every line by key."""
    rows = current_session().execute(
        select(
            _line.id,
            _claim.contract_id,
            _line.claim_id,
            _line.output_id,
            _output.output_type,
            _line.pence,
        )
        .select_from(ClaimLine.__table__)
        .join(Claim.__table__, _claim.id == _line.claim_id)
        .join(Output.__table__, _output.id == _line.output_id),
        execution_options={"yield_per": 10_000},
    )
    return {row[0]: LineFacts(row[1], row[2], row[3], row[4], row[5]) for row in rows}


def line_states() -> Generator[tuple[int, str, bool]]:
    """Every line's key and state, and whether its claim is paid."""
    rows = current_session().execute(
        select(_line.id, _line.state, _claim.state.label("claim_state"))
        .select_from(ClaimLine.__table__)
        .join(Claim.__table__, _claim.id == _line.claim_id)
        .order_by(_line.id),
        execution_options={"yield_per": 10_000},
    )
    try:
        for row in rows:
            yield row[0], row[1], row[2] == "paid"
    finally:
        rows.close()


def caps() -> dict[tuple[int, str], int]:
    """Caps by contract and type, in pence."""
    cap = ContractCap.__table__.c
    rows = current_session().execute(select(cap.contract_id, cap.output_type, cap.cap_pence))
    return {(row[0], row[1]): row[2] for row in rows}
