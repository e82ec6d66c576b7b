"""Mail about money: a few sentences and one link, once to each reader.

Called inside the unit of work that causes it, so that a mail goes out if and only if the change
was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from portal.integrations.mail import send_later
from portal.payments.queries.claims_people import Reader

_TEMPLATE: Final = "payments_claims"
_SUBJECT_LENGTH: Final = 200


def send(
    readers: Iterable[Reader], *, subject: str, paragraphs: Sequence[str], href: str, key: str
) -> None:
    """Write to each reader; ``key`` with the reader says that it is sent once."""
    for reader in readers:
        send_later(
            to=reader.email,
            subject=" ".join(subject.split())[:_SUBJECT_LENGTH],
            template=_TEMPLATE,
            context={"name": reader.name, "paragraphs": list(paragraphs), "href": href},
            unique_key=f"{key}:{reader.user_id}",
        )
