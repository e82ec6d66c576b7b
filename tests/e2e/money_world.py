"""Money to look at in a browser: claims at every step, beside the demonstration's own.

The tables are filled from this process while the server runs; its worker sends what follows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select

from config import Settings
from portal import create_app
from portal.accounts.models import User
from portal.caseload import queries as caseload
from portal.caseload.models import Case
from portal.caseload.queries import confirmations as questions
from portal.caseload.rules.confirmations import what
from portal.caseload.rules.working_days import is_working_day
from portal.caseload.service import confirmations
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import (
    AuditSampleItem,
    Claim,
    ClaimLine,
    Contract,
    Output,
    Payment,
    RateCardVersion,
)
from portal.payments.queries import claims as claiming
from portal.payments.rules.contracts import Terms
from portal.payments.rules.periods import last_day
from portal.payments.rules.words import ENGAGEMENT
from portal.payments.service import (
    claims,
    contracts,
    corrections,
    overrides,
    paying,
    reviewing,
    samples,
)
from tests.e2e.support import LiveServer
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, author_of, make_organisation, make_staff
from tests.factories.employers import make_employer
from tests.factories.payments import PROGRAMME, make_confirmed_session, make_contract, make_output
from tests.factories.reviewing import add_file

_serial = itertools.count(1)
T = TypeVar("T")
# Pence: an engagement of a small employer is 600 pounds in the demonstration.
ROOM_FOR_FIVE = 300_000
NAMES = (
    *("Amber Bakery", "Birch Care Home", "Cobalt Hotel", "Dapple Farm Shop", "Ember Grill"),
    "Fennel, Nightingale and Daughters of Upper Nidderdale Country House Hotels Limited",
)


@contextmanager
def inside(server: LiveServer) -> Iterator[Flask]:
    """The application on a running server's database and files, in this process."""
    settings = server.environment
    app = create_app(
        Settings(
            portal_env="development",
            database_url=settings["DATABASE_URL"],
            queue_path=Path(settings["QUEUE_PATH"]),
            storage_url=settings["STORAGE_URL"],
            public_url=server.url,
        )
    )
    try:
        with app.app_context():
            yield app
            current_session().close()
    finally:
        app.extensions["portal_db"].dispose()


def browser_state(app: Flask, user: User) -> dict[str, Any]:
    """What a browser keeps once this person has signed in."""
    client = app.test_client()
    sign_in(client, user)
    cookie = client.get_cookie("session")
    assert cookie is not None
    kept = {"name": "session", "value": cookie.value, "domain": "127.0.0.1", "path": "/"}
    return {"cookies": [{**kept, "expires": -1, "httpOnly": True, "sameSite": "Lax"}]}


def person(email: str) -> User:
    """Somebody of the demonstration."""
    return current_session().scalars(select(User).where(User.email == email)).one()


def good(done: Ok[T] | Err | list[Any]) -> T:
    """What came of something that must not be refused."""
    assert isinstance(done, Ok), done
    return done.value


def month_before(months: int = 1) -> date:
    """The first day of the month so many before this one; after it when negative."""
    years, month = divmod(today().year * 12 + today().month - 1 - months, 12)
    return date(years, month + 1, 1)


def working_days(month: date) -> list[date]:
    """The month's working days: work on any other is pointed out."""
    days = [month + timedelta(days=number) for number in range(28)]
    return [day for day in days if is_working_day(day)]


def make_provider_besides(word: str) -> Provider:
    """A provider besides the demonstration's, with staff of its own."""
    organisation = make_organisation(name=f"Example {word} Business Support")
    return Provider(
        organisation,
        make_staff(organisation, name="Nia Example"),
        make_staff(organisation, "provider_manager", name="Omar Example"),
    )


def make_work(
    provider: Provider, names: Sequence[str], month: date, *, files: bool = True, first: int = 0
) -> list[Output]:
    """An engagement of each of these businesses in the month, on working days one after another."""
    known = month_before(4)
    made = []
    for name, day in zip(names, working_days(month)[first:], strict=False):
        employer = make_employer(name=name, headcount_on=known, search_text=name.lower())
        output = make_output(provider, employer, held_on=day)
        if files:
            add_file(output)
        made.append(output)
    return made


@dataclass
class ToConfirm:
    """An in-depth session that its employer was asked to confirm."""

    case: str
    session_id: int
    email: str


def ask_to_confirm(provider: Provider, name: str, held_on: date) -> ToConfirm:
    """A session with a completed diagnostic, and the mail with the employer's link."""
    email = f"owner{next(_serial)}@cobbler.example"
    employer = make_employer(
        name=name, headcount_on=month_before(4), search_text=name.lower(), postcode="LS10 1AB"
    )
    made = make_confirmed_session(provider, employer, held_on=held_on, confirmed=False)
    case = current_session().get_one(Case, made.case_id)
    locked = caseload.case_to_change(case.reference)
    about = questions.subjects("session", [made.id])[made.id]
    assert locked is not None
    good(
        confirmations.ask(
            case=locked,
            subject="session",
            record_id=made.id,
            reference=made.reference,
            what=what(about),
            to_name="Cora Example",
            to_email=email,
            by=provider.author,
        )
    )
    return ToConfirm(case.reference, made.id, email)


def lines_of(claim: Claim) -> list[ClaimLine]:
    """The lines of a claim in the order of their days."""
    return [line for line, _output in claiming.live_lines(claim.id)]


def submit(provider: Provider, contract: Contract, month: date) -> Claim:
    """The submitted claim of a month."""
    by = author_of(provider.manager)
    built = good(claims.build(contract_id=contract.id, period=month, by=by))
    claim = built.claim
    return good(claims.submit(reference=claim.reference, revision=claim.revision, by=by))


@dataclass(frozen=True)
class ToClaim:
    """A provider with a month to claim: three clean outputs, one without a file, one too many."""

    provider: Provider
    organisation: str
    month: date
    clean: list[str]
    without_file: str
    too_many: str
    to_confirm: ToConfirm
    confirmed_by_link: str
    remittance_email: str


def ready_to_claim(word: str) -> ToClaim:
    """Last month's work of a provider of that name; the cap has room for five of six engagements.

    One of the five is not ready yet: its employer has a link and has not answered.
    """
    month = month_before()
    names = [f"{word} {name}" for name in ("Tearooms", "Lodge", "Outfitters")]
    bare, late, asked = f"{word} Brewhouse", f"{word} Gallery Cinema", f"{word} Nursery"
    days = working_days(month)
    with unit_of_work():
        provider = make_provider_besides(word)
        contract = make_contract(
            provider.organisation,
            by=person("officer@lep.example"),
            starts_on=month,
            caps={ENGAGEMENT: ROOM_FOR_FIVE},
        )
        contract.remittance_email = f"finance@{word.lower()}.example"
        make_work(provider, names, month)
        make_work(provider, [bare], month, files=False, first=3)
        make_work(provider, [late], month, first=len(days) - 1)
        to_confirm = ask_to_confirm(provider, asked, days[4])
        return ToClaim(
            provider=provider,
            organisation=provider.organisation.name,
            month=month,
            clean=names,
            without_file=bare,
            too_many=late,
            to_confirm=to_confirm,
            confirmed_by_link=asked,
            remittance_email=contract.remittance_email,
        )


@dataclass(frozen=True)
class Furnished:
    """One record of each kind, to open its pages."""

    provider: Provider
    contract: str
    drafted_contract: str
    card: str
    next_card: str
    draft: str
    draft_line: int
    submitted: str
    submitted_line: int
    queried_line: int
    run: str
    payment: str
    paid_line: int
    sample: str
    sample_line: int
    output: str
    case: str
    override: int


def furnish() -> Furnished:
    """Claims at every step beside the demonstration's: to send, decide and pay, one corrected.

    The demonstration's own provider is paid already; a line of that is taken back in part, and
    what was paid is sampled.
    """
    officer, head = (author_of(person(f"{name}@lep.example")) for name in ("officer", "head"))
    with unit_of_work() as session:
        provider = make_provider_besides("Aire and Calder")
        contract = make_contract(
            provider.organisation,
            by=person("officer@lep.example"),
            caps={ENGAGEMENT: 960_000, "workshop": 100_000},
            starts_on=month_before(4),
            ends_on=last_day(month_before(-20)),
            bonus_target_percent=30,
        )
        run = _with_the_bank(provider, contract, officer, head)
        _to_be_paid(provider, contract, officer)
        claim, lines = _under_review(provider, contract, officer)
        draft, failing, override = _drafted(provider, contract)
        drafted = good(contracts.draft(details=_terms(provider), by=officer))
        payment, paid = _corrected(head)
        sample, item = _sampled(head)
        output = session.get_one(Output, failing.output_id)
        case = session.get_one(Case, output.case_id)
        cards = [
            session.scalars(
                select(RateCardVersion.reference).where(RateCardVersion.state == state)
            ).first()
            for state in ("published", "draft")
        ]
        return Furnished(
            provider=provider,
            contract=contract.reference,
            drafted_contract=drafted.reference,
            card=str(cards[0]),
            next_card=str(cards[1]),
            draft=draft.reference,
            draft_line=failing.id,
            submitted=claim.reference,
            submitted_line=lines[1].id,
            queried_line=lines[0].id,
            run=run,
            payment=payment,
            paid_line=paid,
            sample=sample,
            sample_line=item,
            output=output.reference,
            case=case.reference,
            override=override,
        )


def _approved(provider: Provider, contract: Contract, month: date, by: Author) -> Claim:
    claim = submit(provider, contract, month)
    ids = [line.id for line in lines_of(claim)]
    good(reviewing.approve(reference=claim.reference, line_ids=ids, by=by))
    return claim


def _with_the_bank(provider: Provider, contract: Contract, by: Author, head: Author) -> str:
    month = month_before(4)
    make_work(provider, [f"{NAMES[0]} of Selby", f"{NAMES[1]} of Ripon"], month)
    claim = _approved(provider, contract, month, by)
    made = paying.make_run(programme=PROGRAMME, references=[claim.reference], by=head)
    return good(made).reference


def _to_be_paid(provider: Provider, contract: Contract, by: Author) -> None:
    month = month_before(3)
    make_work(provider, [f"{NAMES[2]} of Skipton", f"{NAMES[3]} of Otley"], month)
    _approved(provider, contract, month, by)


def _under_review(
    provider: Provider, contract: Contract, by: Author
) -> tuple[Claim, list[ClaimLine]]:
    """A submitted claim: one line was asked about, one has no file, the rest is clean."""
    month = month_before(2)
    made = make_work(provider, NAMES, month, files=False)
    for output in made[:-1]:
        add_file(output)
    claim = submit(provider, contract, month)
    lines = lines_of(claim)
    words = "Who was there for the employer throughout? The sheet names nobody after the break."
    good(reviewing.query(reference=claim.reference, line_ids=[lines[0].id], words=words, by=by))
    return claim, lines


def _drafted(provider: Provider, contract: Contract) -> tuple[Claim, ClaimLine, int]:
    """A draft: two lines share a file, somebody asked about one, and two fit under no cap."""
    month, by = month_before(1), author_of(provider.manager)
    names = [f"{name} of Wetherby" for name in NAMES]
    made = make_work(provider, [*names, *(f"{name} of Ilkley" for name in NAMES[:2])], month)
    files = [add_file(output, name="attendance-and-signatures.pdf") for output in made[:2]]
    files[1].sha256 = files[0].sha256
    current_session().flush()
    claim = good(claims.build(contract_id=contract.id, period=month, by=by)).claim
    failing = lines_of(claim)[1]
    asked = overrides.ask(
        reference=claim.reference,
        line_id=failing.id,
        kind="reused_file",
        reason="One sheet for two businesses of the same building: both owners signed it",
        until_on=today() + timedelta(days=30),
        by=by,
    )
    return claim, failing, good(asked).id


def _terms(provider: Provider) -> contracts.ContractDetails:
    terms = Terms(
        month_before(0), last_day(month_before(-12)), 1_250_000, {ENGAGEMENT: 900_000}, {}
    )
    return contracts.ContractDetails(
        organisation_id=provider.organisation.id,
        title=f"Example contract for social care {next(_serial)}",
        terms=terms,
    )


def _corrected(head: Author) -> tuple[str, int]:
    """The oldest payment of the demonstration, with a part of one line taken back."""
    payment = (
        current_session()
        .scalars(select(Payment).where(Payment.paid_on.is_not(None)).order_by(Payment.id))
        .first()
    )
    assert payment is not None
    line = lines_of(current_session().get_one(Claim, payment.claim_id))[0]
    good(
        corrections.recover(
            line_id=line.id,
            pence=20_000,
            reason="The session was half as long as it was recorded",
            by=head,
        )
    )
    return payment.reference, line.id


def _sampled(head: Author) -> tuple[str, int]:
    drawn = samples.draw(
        programme=PROGRAMME,
        from_on=today() - timedelta(days=365),
        until_on=today(),
        size=8,
        seed=f"lottery {next(_serial)}",
        by=head,
    )
    sample = good(drawn)
    line = (
        current_session()
        .scalars(select(AuditSampleItem.line_id).where(AuditSampleItem.sample_id == sample.id))
        .first()
    )
    assert line is not None
    return sample.reference, line
