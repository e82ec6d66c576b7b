"""Whom an erasure is told to: the person who asked, owners of a business, whoever is to do it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from portal.db.promise_keys import key_for
from portal.governance.models.privacy import RightsRequest
from portal.governance.models.retention import ErasureRequest
from portal.governance.queries import erasure as found
from portal.governance.queries import people
from portal.governance.queries import rights as rights_found
from portal.governance.rules.erasure import KIND_WORDS
from portal.governance.service import rights
from portal.integrations.mail import public_link, send_later
from portal.kernel.people import Author
from portal.kernel.result import Err

_TEMPLATE = "governance_notice"


def tell_seconds(row: ErasureRequest) -> None:
    """Ask those who may do it to look at a proposal."""
    for reader in people.seconds(row.proposed_by):
        send_later(
            to=reader.email,
            subject="An erasure waits for a second person",
            template=_TEMPLATE,
            context={
                "name": reader.name,
                "lines": [
                    f"{KIND_WORDS[row.kind]} asked on {row.asked_on:%d %B %Y} to be forgotten.",
                    f"{row.proposed_name} has looked at what is held and proposes to erase it.",
                    f"The answer is due by {row.due_on:%d %B %Y}.",
                ],
                "button": "Look at it",
                "link": public_link("governance.erasure", reference=row.reference),
            },
            unique_key=f"erasure:{row.reference}:proposed:{reader.user_id}",
        )


def tell_people(
    row: ErasureRequest, addresses: Collection[str], subject: str, lines: Sequence[str]
) -> None:
    """Write to those it is about; whoever asked by a request gets the answer to that."""
    for address in dict.fromkeys(addresses):
        send_later(
            to=address,
            subject=subject,
            template=_TEMPLATE,
            context={
                "name": "there",
                "lines": list(lines),
                "button": "How we look after your data",
                "link": public_link("governance.privacy"),
            },
            unique_key=key_for(f"erasure:{row.reference}:told", address),
        )


def asked_by(row: ErasureRequest) -> RightsRequest | None:
    """The request that an erasure answers, held for change."""
    if row.rights_request_id is None:
        return None
    return rights_found.request_with(row.rights_request_id)


def answer(row: ErasureRequest, words: str, by: Author) -> None:
    """Note in the request how its erasure ended, and answer it once the last one has."""
    request = asked_by(row)
    if request is None or request.state != "open":
        return
    rights.note_erasure(request, "erased" if row.state == "done" else "kept", words, by)
    ended = found.of_rights_request(request.id)
    if any(one.state == "asked" for one in ended):
        return
    said = [
        step.words
        for step in reversed(rights_found.steps(request.id))
        if step.what in {"erased", "kept"}
    ]
    what = "done" if any(one.state == "done" for one in ended) else "refused"
    done = rights.step(reference=request.reference, what=what, words="\n".join(said), by=by)
    assert not isinstance(done, Err), done  # noqa: S101 - it is open, and held
