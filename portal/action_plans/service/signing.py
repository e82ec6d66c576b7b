"""Signing a plan off: by the employer's owner and by the adviser, in either order.

A version is never written again, so the second signature on the same content makes a new version
that carries both. What both have signed is agreed, and the employer's case rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.action_plans import queries
from portal.action_plans.models import Plan, PlanSignature, PlanVersion
from portal.action_plans.queries import VersionFacts
from portal.action_plans.rules.signing import Side, Standing, standing
from portal.action_plans.service.common import plan_or_problem, record
from portal.action_plans.service.versions import Content, add_version, content_to_print
from portal.caseload.models import Case
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.db.promise_keys import key_for
from portal.diagnostics.queries import open_case_to_change
from portal.employers import queries as employers
from portal.employers.service import timeline
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

NOT_ADVISER = Problem(
    "not_adviser",
    "Only an adviser of the provider that has this employer's open case signs for the adviser",
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A signature that is to be made: for whom, under which name and job, by which account."""

    side: Side
    name: str
    job: str
    by: Author


def sign_off(
    *, employer: str, seen: str, name: str, job: str = "", by: Author, side: Side = Side.EMPLOYER
) -> Ok[int] | Err:
    """Sign the plan for one side; returns the number of the signed version.

    `seen` is the content hash of what the signer was shown: a plan that has changed since is not
    signed unread. The caller has checked that an employer's signer is one of its owners; that an
    adviser works for the provider with the open case is checked here.
    """
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    case = open_case_to_change(plan.employer_id)
    problem = _may_sign(side, case, name, by)
    if problem is not None:
        return Err(problem)
    content = _seen_content(employer, seen)
    if isinstance(content, Err):
        return content
    earlier = queries.signed_version(plan.id, content.hash)
    stand = [] if earlier is None else queries.signatures([earlier.id])[earlier.id]
    refused = _refused(side, by, earlier, stand)
    if refused is not None:
        return Err(refused)
    made = PlanSignature(role=side.value, user_id=by.user_id, name=name, job=job, at=utc_now())
    signatures = [*(_copied(each) for each in stand), made]
    version = add_version(
        plan, employer, content, by, signatures=signatures, notify=_to_tell(by, stand)
    )
    record("signed_off", plan, number=version.number, role=side.value)
    signer = Signer(side, name, job, by)
    _told(plan, employer, version, signer, case, agreed=bool(stand))
    return Ok(version.number)


def _may_sign(side: Side, case: Case | None, name: str, by: Author) -> Problem | None:
    if not name:
        return Problem("no_name", "Type your name to sign", "name")
    if side is Side.EMPLOYER:
        return None
    if case is None or by.user_id not in programme.staff_of([case.organisation_id]):
        return NOT_ADVISER
    return None


def _seen_content(employer: str, seen: str) -> Content | Err:
    content = content_to_print(employer)
    if isinstance(content, Err) or content.hash == seen:
        return content
    return Err(
        Problem(
            "plan_changed",
            "The plan has changed since you opened this page. Look through it again, then sign.",
        )
    )


def _refused(
    side: Side, by: Author, earlier: VersionFacts | None, stand: list[PlanSignature]
) -> Problem | None:
    if earlier is None:
        return None
    if any(each.role == side for each in stand):
        said = "signed off" if side is Side.EMPLOYER else "signed by the adviser"
        return Problem("signed_already", f"Version {earlier.number} says the same and is {said}")
    if by.user_id is not None and any(each.user_id == by.user_id for each in stand):
        return Problem("both_sides", "You have signed for one side: somebody else signs the other")
    return None


def _copied(each: PlanSignature) -> PlanSignature:
    """The same signature for the version that carries both; the first version keeps its own."""
    return PlanSignature(
        role=each.role, user_id=each.user_id, name=each.name, job=each.job, at=each.at
    )


def _to_tell(by: Author, stand: list[PlanSignature]) -> list[str]:
    """Everybody who signed hears when the PDF is ready."""
    others = queries.emails_of([each.user_id for each in stand if each.user_id is not None])
    return list(dict.fromkeys([*([by.email] if by.email else []), *others]))


def _told(
    plan: Plan,
    employer: str,
    version: PlanVersion,
    signer: Signer,
    case: Case | None,
    *,
    agreed: bool,
) -> None:
    """The timeline, the case and the other side hear of a signature."""
    side, by = signer.side, signer.by
    whom = "the employer" if side is Side.EMPLOYER else "the adviser"
    after = ": the plan is agreed" if agreed else ""
    subject = f"plan_version:{employer}/{version.number}"
    timeline.note(
        employer_id=plan.employer_id,
        kind="plan",
        title=f"Version {version.number} of the action plan signed for {whom}{after}",
        text=", ".join(part for part in (signer.name, signer.job) if part),
        by=by,
        subject=subject,
    )
    if agreed:
        if case is not None:
            cases.note_milestone(case=case, kind=Milestone.PLAN, subject=subject, by=by)
        return
    name = queries.plan_facts(plan.id).employer_name
    for email in _waited_for(side.other, plan.employer_id, case):
        send_later(
            to=email,
            subject=f"The action plan of {name} waits for your signature"[:200],
            template="action_plans_waiting",
            context={
                "employer_name": name,
                "signer": signer.name,
                "for_whom": whom,
                "link": public_link("action_plans.sign_off", employer=employer),
            },
            unique_key=key_for(f"plan.waiting:{version.id}", email),
        )


def _waited_for(side: Side, employer_id: int, case: Case | None) -> list[str]:
    """Whom a signature is asked of: the employer's owners, or the adviser who has the case."""
    if side is Side.EMPLOYER:
        return employers.owner_emails(employer_id)
    if case is None or case.adviser_id is None:
        return []
    return queries.emails_of([case.adviser_id])


@dataclass(frozen=True, slots=True)
class Signed:
    """How far a plan is signed: the newest signed version, and whether it says what stands now.

    `is_current` compares the plan's revision, so it may be False for a change that was undone.
    """

    version: VersionFacts | None
    signatures: tuple[PlanSignature, ...]
    is_current: bool

    @property
    def standing(self) -> Standing:
        """What the signatures on what stands now come to."""
        sides = [each.role for each in self.signatures]
        return standing(sides) if self.is_current else Standing.DRAFT

    @property
    def ever(self) -> Standing:
        """What the signatures on the newest signed version come to, changed since or not."""
        return standing([each.role for each in self.signatures])


def signed(plan_id: int, revision: int) -> Signed:
    """How far the plan at this revision is signed, without reading what it says."""
    version = queries.signed_version(plan_id)
    if version is None:
        return Signed(None, (), is_current=False)
    return _signed(version, is_current=version.plan_revision == revision)


def signatures_on(plan_id: int, content_hash: str, newest: Signed) -> Signed:
    """The signatures on what a plan says, by its hash; `newest` is what `signed` found."""
    if newest.version is None or newest.version.content_hash == content_hash:
        return newest
    version = queries.signed_version(plan_id, content_hash)
    if version is None:
        return Signed(None, (), is_current=False)
    return _signed(version, is_current=True)


def _signed(version: VersionFacts, *, is_current: bool) -> Signed:
    signatures = queries.signatures([version.id]).get(version.id, [])
    return Signed(version, tuple(signatures), is_current)
