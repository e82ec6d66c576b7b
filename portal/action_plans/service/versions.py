"""Versions: the plan copied as it is, printed by the worker once, and signed off.

A version's document is never written again, and its PDF is stored under a key that is written
once; so a signed version stays as it was whatever happens to the plan or the questionnaire.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from flask import current_app

from portal.action_plans import queries
from portal.action_plans.build_document import GoalPart, Heading, build_document
from portal.action_plans.document import PlanDocument, Signature
from portal.action_plans.headless import maturity_meaning
from portal.action_plans.models import Plan, PlanSignature, PlanVersion
from portal.action_plans.rules.plan import content_hash
from portal.action_plans.rules.signing import Side, Standing, standing
from portal.action_plans.service.business_case import summary_for_plan
from portal.action_plans.service.common import NO_PLAN, plan_or_problem, record
from portal.action_plans.service.comparing import change_for, comparison_for
from portal.db import audit, current_session, outbox
from portal.diagnostics import queries as diagnostics
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import london, today
from portal.kernel.files import REMOVED_KEY, REMOVED_WORDS
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

_log = logging.getLogger(__name__)
KIND = "plan.render"
CHECK_EXTENSION = "portal_check_plan_file"
NO_VERSION = Problem("no_version", "There is no such version of this plan")
_SIGNED_OFF = frozenset({Standing.EMPLOYER, Standing.AGREED})
EMPTY = Problem("empty", "Add at least one action first: an empty plan has nothing to print")


@dataclass(frozen=True, slots=True)
class Content:
    """What the plan says now, before it has a number, and the hash that tells it apart."""

    document: PlanDocument
    hash: str
    revision: int


def current_content(employer: str) -> Content | None:
    """The plan as it would be printed now; None without a plan."""
    plan = queries.active_plan(employer)
    if plan is None:
        return None
    response = diagnostics.response_by_id(plan.response_id)
    if response is None or response.result is None:
        raise LookupError(f"Plan {plan.reference} rests on a response without a result")
    result: Any = response.result
    goals = queries.goals_with_actions(plan.id)
    about = result["questionnaire"]
    questionnaire = load_catalogue().get(about["key"], about["version"])
    document = build_document(
        heading=Heading(plan.employer_name, plan.reference, 0, today(), ""),
        result=result,
        goals=[GoalPart(goal.title, goal.benefit, goal.live) for goal in goals],
        maturity_meaning=(
            maturity_meaning(questionnaire, result.get("overall")) if questionnaire else ""
        ),
        business_case=summary_for_plan(plan.id, result),
        comparison=comparison_for(response),
        change=change_for(response),
        withdrawn=sum(len(goal.actions) - len(goal.live) for goal in goals),
    )
    return Content(document, document_hash(document), plan.revision)


def document_hash(document: PlanDocument) -> str:
    """The hash of what a document says."""
    plan: dict[str, Any] = json.loads(document.to_json())["plan"]
    return content_hash(plan)


def request_version(*, employer: str, by: Author) -> Ok[int] | Err:
    """Ask for a PDF of the plan as it is now; returns the version's number.

    When nothing has changed since the newest version that one is given, so it is printed once.
    """
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    content = content_to_print(employer)
    if isinstance(content, Err):
        return content
    latest = queries.latest_version(plan.id)
    if latest is not None and latest.content_hash == content.hash:
        if latest.state == "failed":
            return retry_version(employer=employer, number=latest.number)
        return Ok(latest.number)
    version = add_version(plan, employer, content, by)
    record("version_requested", plan, number=version.number)
    return Ok(version.number)


def retry_version(*, employer: str, number: int) -> Ok[int] | Err:
    """Try again to print a version that failed; one that did not fail is left alone."""
    version = queries.numbered_version_to_change(employer, number)
    if version is None:
        return Err(NO_VERSION)
    if version.state == "failed":
        version.state = "queued"
        version.failure = None
        version.tries += 1
        _promise(version)
        audit.record(
            action="plan.version_retried",
            subject=f"plan_version:{version.id}",
            detail={"number": number},
        )
    return Ok(number)


def keep_last_version(plan: Plan, employer: str, by: Author) -> int | None:
    """Before a plan is closed: the number of the version that says what it says now.

    One is added unless the newest says the same already; None for a plan without actions.
    """
    content = content_to_print(employer)
    if isinstance(content, Err):
        return None
    latest = queries.latest_version(plan.id)
    if latest is not None and latest.content_hash == content.hash:
        return latest.number
    return add_version(plan, employer, content, by).number


def content_to_print(employer: str) -> Content | Err:
    """What the plan says now, with everything that this unit of work has changed."""
    current_session().flush()
    content = current_content(employer)
    if content is None:
        return Err(NO_PLAN)
    return content if content.document.actions else Err(EMPTY)


def add_version(
    plan: Plan,
    employer: str,
    content: Content,
    by: Author,
    *,
    signatures: Sequence[PlanSignature] = (),
    notify: Sequence[str] = (),
) -> PlanVersion:
    """Keep a copy of the plan under the next number and promise its PDF.

    `signatures` are new rows that this version carries; `notify` hears when the PDF is ready.
    """
    number = queries.last_number(plan.employer_id) + 1
    signed_off = standing([each.role for each in signatures]) in _SIGNED_OFF
    document = replace(
        content.document,
        version=number,
        prepared_on=today(),
        prepared_by=by.shown,
        signatures=tuple(map(_printed, _employer_first(signatures))),
        signed_off=signed_off,
    )
    version = PlanVersion(
        plan_id=plan.id,
        number=number,
        plan_revision=plan.revision,
        document=document.to_json(),
        content_hash=content.hash,
        state="queued",
        tries=0,
        storage_key=f"plans/{employer}/{plan.reference}/v{number}.pdf",
        signed_off=signed_off,
        created_by=by.user_id,
        created_by_name=by.shown,
    )
    session = current_session()
    session.add(version)
    session.flush()
    for each in signatures:
        each.version_id = version.id
        session.add(each)
    _promise(version, notify=notify)
    return version


def _employer_first(signatures: Sequence[PlanSignature]) -> list[PlanSignature]:
    return sorted(signatures, key=lambda each: each.role != Side.EMPLOYER)


def _printed(each: PlanSignature) -> Signature:
    whom = "For the employer" if each.role == Side.EMPLOYER else "Adviser"
    return Signature(each.name, each.job or whom, london(each.at).date(), side=each.role)


def _promise(version: PlanVersion, *, notify: Sequence[str] = ()) -> None:
    outbox.add(
        kind=KIND,
        payload={"version_id": version.id, "notify": list(notify)},
        unique_key=f"{KIND}:{version.id}:{version.tries}",
    )


# --- Reading a file back ---------------------------------------------------------------------


def version_file(*, employer: str, number: int) -> Ok[bytes] | Err:
    """The bytes of a ready version, whose hash is the recorded one.

    Refused with `not_ready`, `no_version`, or `damaged` when the stored file is not what was
    printed: then nothing is sent.
    """
    version = queries.version_of_employer(employer, number)
    if version is None:
        return Err(NO_VERSION)
    if version.state != "ready":
        return Err(Problem("not_ready", "This version is not ready yet"))
    if version.storage_key.startswith(REMOVED_KEY):
        return Err(Problem("removed", REMOVED_WORDS))
    try:
        data = storage().get(version.storage_key)
    except StorageError:
        return Err(Problem("damaged", "The file is missing from storage"))
    if sha256(data).hexdigest() != version.sha256:
        return Err(Problem("damaged", "The stored file is not the one that was made"))
    return Ok(data)


def report_damage(*, employer: str, number: int) -> None:
    """Have the worker look at a stored file again, and put on record what is wrong with it.

    Sending a file is a reading request, which writes nothing: the record is the worker's.
    """
    _log.error("The stored file of version %s of employer %s is damaged", number, employer)
    try:
        current_app.extensions[CHECK_EXTENSION](employer, number)
    except Exception:  # noqa: BLE001 - the person still gets the page; the line above stays
        _log.exception("The job queue did not answer")


def check_file(*, employer: str, number: int) -> bool:
    """Whether a version's stored file is what was printed; if not, the audit trail says so."""
    found = version_file(employer=employer, number=number)
    if isinstance(found, Ok) or found.problem.code != "damaged":
        return True
    audit.record(
        action="plan.file_damaged",
        subject=f"employer:{employer}",
        detail={"number": number, "what": found.problem.message},
    )
    return False
