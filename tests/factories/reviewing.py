"""Submitted and paid claims for tests of their review. Call inside ``with unit_of_work():``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from portal.accounts.models import User
from portal.caseload.models import DiagnosticSession, EvidenceFile
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import today
from portal.kernel.result import Ok
from portal.payments.models import Claim, ClaimLine, Contract, Output
from portal.payments.queries import claims as found
from portal.payments.queries import paying as paid
from portal.payments.service import claims, paying, reviewing
from tests.factories.caseload import Provider, author_of
from tests.factories.employers import make_employer
from tests.factories.payments import PROGRAMME, make_output

_serial = itertools.count(1)
OCTOBER = date(2026, 10, 1)
# Names that nobody could take for one another.
_NAMES = (
    *("Amber Bakery", "Birch Care Home", "Cobalt Hotel", "Dapple Farm Shop", "Ember Grill"),
    *("Fennel Cafe", "Garnet Outfitters", "Hazel Nursing", "Indigo Books", "Juniper Inn"),
)
# Working days, so that no check speaks of a weekend.
_DAYS = (5, 6, 7, 8, 12, 13, 14, 15, 19, 20)


def add_file(output: Output, by: User | None = None, *, name: str = "notes.pdf") -> EvidenceFile:
    """A file about an output's session, unlike any other."""
    session = current_session()
    number = next(_serial)
    reference = session.get_one(DiagnosticSession, output.session_id).reference
    file = EvidenceFile(
        employer_id=output.employer_id,
        case_id=output.case_id,
        organisation_id=output.organisation_id,
        kind="other",
        subject=f"session:{reference}",
        file_name=name,
        media_type="application/pdf",
        size_bytes=100,
        sha256=sha256(f"file {number}".encode()).hexdigest(),
        storage_key=f"evidence/{number}",
        scan_state="clean",
        uploaded_by=by.id if by else output.adviser_id,
        by_name=by.name if by else "Example Adviser",
    )
    session.add(file)
    session.flush()
    return file


def make_lines(
    provider: Provider,
    count: int,
    *,
    files: bool = True,
    first: int = 0,
    employers: Sequence[Employer] = (),
) -> list[Output]:
    """Outputs of October 2026 on working days, each with a file unless told otherwise.

    ``first`` says which name comes first, so that later calls make other businesses.
    """
    made = []
    for number in range(first, first + count):
        name = _NAMES[number % len(_NAMES)]
        given = number - first
        employer = (
            employers[given]
            if given < len(employers)
            else make_employer(name=name if number < len(_NAMES) else f"{name} {number:04} Limited")
        )
        output = make_output(provider, employer, held_on=date(2026, 10, _DAYS[number % len(_DAYS)]))
        if files:
            add_file(output)
        made.append(output)
    return made


def make_submitted(provider: Provider, contract: Contract) -> Claim:
    """A submitted claim of everything that is ready for October 2026."""
    manager = author_of(provider.manager)
    built = claims.build(contract_id=contract.id, period=OCTOBER, by=manager)
    assert isinstance(built, Ok), built
    done = claims.submit(
        reference=built.value.claim.reference, revision=built.value.claim.revision, by=manager
    )
    assert isinstance(done, Ok), done
    return done.value


def lines_of(claim: Claim) -> list[ClaimLine]:
    """The lines of a claim in the order of their days."""
    return [line for line, _output in found.live_lines(claim.id)]


def pay(claim: Claim, officer: User, manager: User) -> Claim:
    """Approve every line, put the claim in a payment run and mark it as paid today."""
    ids = [line.id for line in lines_of(claim)]
    done = reviewing.approve(reference=claim.reference, line_ids=ids, by=author_of(officer))
    assert isinstance(done, Ok), done
    run = paying.make_run(programme=PROGRAMME, references=[claim.reference], by=author_of(manager))
    assert isinstance(run, Ok), run
    for payment in paid.payments_of(run.value.id):
        marked = paying.mark_paid(
            reference=payment.reference,
            paid_on=today(),
            bank_reference="EXAMPLE 1",
            by=author_of(manager),
        )
        assert isinstance(marked, Ok), marked
    return claim
