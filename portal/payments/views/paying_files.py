"""The files of a payment run: the schedule, and the same as a Bacs submission."""

from __future__ import annotations

from typing import Final

from flask import abort, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.db.programmes import settings_here
from portal.kernel.ids import normalise_reference
from portal.payments.access import lep_manager
from portal.payments.queries import paying as queries
from portal.payments.queries.paying import RunFacts
from portal.payments.rules.bacs import BacsError, Credit, Originator, submission
from portal.payments.rules.schedule import Line, masked, schedule, shown_sort_code
from portal.payments.views import blueprint
from portal.web.access import current_actor

_BACS_SETTINGS: Final = (
    ("bacs_service_user_number", "the service user number that Bacs gave you, 6 digits"),
    ("bacs_sort_code", "the sort code of the account that pays, 6 digits"),
    ("bacs_account", "the number of the account that pays, 8 digits"),
    ("bacs_name", "the name of that account, up to 18 characters"),
)


def sees_bank_details() -> bool:
    """Whether whole account numbers are shown: to LEP managers here."""
    return lep_manager(current_actor(), {})


def bank_details(sort_code: str, account: str, *, whole: bool) -> str:
    """A sort code and account, or the account's last four digits only."""
    if not account:
        return "No bank details"
    return f"{shown_sort_code(sort_code)}, {account}" if whole else f"Account {masked(account)}"


def run_or_404(reference: str) -> RunFacts:
    """The run in the address."""
    facts = queries.run_facts(normalise_reference(reference))
    if facts is None:
        abort(404)
    return facts


@blueprint.get("/payments/<run>/schedule.csv")
def run_file(run: str) -> ResponseReturnValue:
    """The schedule: the same bytes every time. Taking it pays nobody."""
    facts = run_or_404(run)
    data = schedule(
        reference=facts.reference,
        made_on=facts.made_on,
        count=facts.count,
        total_pence=facts.total_pence,
        lines=[
            Line(
                one.reference,
                one.payee_name,
                one.payee_sort_code,
                one.payee_account,
                one.pence,
                one.claim_reference,
            )
            for one in queries.payments_of(facts.id)
        ],
    )
    return _file(data, f"payments-{facts.reference}.csv", "text/csv; charset=utf-8")


@blueprint.get("/payments/<run>/bacs.txt")
def run_bacs(run: str) -> ResponseReturnValue:
    """The run as a Bacs Standard 18 file: the same bytes every time. Taking it pays nobody."""
    facts = run_or_404(run)
    if missing_settings():
        abort(404)
    settings = settings_here()
    payer = Originator(*(getattr(settings, name) for name, _words in _BACS_SETTINGS))
    try:
        data = submission(
            payer,
            [
                Credit(
                    one.payee_sort_code,
                    one.payee_account,
                    one.payee_name,
                    one.pence,
                    one.reference,
                )
                for one in queries.payments_of(facts.id)
            ],
            serial=facts.id,
            created_on=facts.made_on,
            process_on=facts.process_on,
        )
    except BacsError as error:
        flash(f"This run cannot be a Bacs file. {error}", "error")
        return redirect(url_for("payments.run", run=facts.reference))
    return _file(data, f"bacs-{facts.reference}.txt", "text/plain; charset=us-ascii")


def missing_settings() -> list[tuple[str, str]]:
    """What must be set before a Bacs file can be made."""
    settings = settings_here()
    return [(name.upper(), words) for name, words in _BACS_SETTINGS if not getattr(settings, name)]


def _file(data: bytes, name: str, media_type: str) -> ResponseReturnValue:
    response = current_app.response_class(data, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    return response
