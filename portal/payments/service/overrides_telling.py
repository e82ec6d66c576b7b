"""Mail about checks to let through: to who may decide, and back to who asked.

Called inside the unit of work that causes it, so that a mail goes out if and only if the change
was kept.
"""

from __future__ import annotations

from portal.integrations.mail import public_link
from portal.kernel.people import Author
from portal.payments.models import CheckOverride, Claim, Output
from portal.payments.queries import checks as kept
from portal.payments.queries import claims as found
from portal.payments.queries import claims_people as people
from portal.payments.queries import hands
from portal.payments.rules.checks import KINDS
from portal.payments.rules.duties import conflicts
from portal.payments.service.telling import send


def tell_deciders(override: CheckOverride, claim: Claim, by: Author) -> None:
    """Tell the LEP's managers who may decide: not who asked, and nobody with a hand in the work."""
    output = _output(override)
    involved = hands.involvement(claim, [output.id])[output.id]
    readers = [
        one
        for one in people.lep_managers()
        if one.user_id != override.asked_by and not conflicts(one.user_id, involved)
    ]
    send(
        readers,
        subject=f"A check to let through: {output.employer_name}",
        paragraphs=[
            f"{by.shown} asks to let a failed check through: {_about(override, output, claim)}.",
            f"Until {_day(override)}. The reason: {override.reason}",
            "Whoever decides must have had no hand in the work. Until then the line is not paid.",
        ],
        href=public_link("payments.overrides"),
        key=f"override-asked:{override.id}",
    )


def tell_asker(override: CheckOverride, claim: Claim, by: Author) -> None:
    """Tell who asked what became of it."""
    output = _output(override)
    granted = override.granted_at is not None
    done = "let the check through" if granted else "did not let the check through"
    said = f"Until {_day(override)}." if granted else f"The reason: {override.answer}"
    send(
        kept.asker_of(override),
        subject=f"{'Let through' if granted else 'Not let through'}: {output.employer_name}",
        paragraphs=[f"{by.shown} {done}: {_about(override, output, claim)}.", said],
        href=public_link("payments.claim", claim=claim.reference),
        key=f"override-answered:{override.id}",
    )


def _output(override: CheckOverride) -> Output:
    return found.outputs_by_id([override.output_id])[override.output_id]


def _about(override: CheckOverride, output: Output, claim: Claim) -> str:
    return f"{KINDS[override.kind].lower()}, {output.employer_name}, claim for {claim.period:%B %Y}"


def _day(override: CheckOverride) -> str:
    return f"{override.until_on.day} {override.until_on:%B %Y}"
