"""People who write in the forum, for tests. Call inside ``with unit_of_work():`` unless said."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.models import ForumPost, ForumPromise, ForumThread
from portal.network.rules.forum_words import CODE_VERSION
from portal.network.service import forum
from portal.network.service.forum import Draft, Posted
from tests.factories.accounts import make_user
from tests.factories.employers import make_employer
from tests.factories.network import SHOWN, make_category, make_member

_serial = itertools.count(1)


@dataclass
class Writer:
    """Somebody who may write: a person, their employer, and how the service knows them."""

    user: User
    employer: Employer
    reference: str
    author: Author


def make_writer(
    name: str = "",
    business: str = "",
    *,
    promised: bool = True,
    shows_name: bool = True,
    employer: Employer | None = None,
) -> Writer:
    """An owner of an employer in the network who has accepted the code of conduct."""
    number = next(_serial)
    user = make_user(name=name or f"Writer Number{number}")
    if employer is None:
        employer = make_employer(owner_id=user.id, name=business or f"Writing Business{number} Ltd")
        make_member(
            employer,
            shown=SHOWN if shows_name else ["sector"],
            website=f"https://writing{number}.example",
        )
    else:
        from tests.factories.employers import make_membership

        make_membership(employer_id=employer.id, user_id=user.id)
    if promised:
        make_promise(user)
    return Writer(user, employer, employer.reference, Author(user.id, user.name, user.email))


def make_promise(user: User) -> None:
    """That somebody has accepted the code of conduct."""
    current_session().add(ForumPromise(user_id=user.id, version=CODE_VERSION))
    current_session().flush()


def make_moderator(name: str = "Mona Moderator") -> Author:
    """LEP staff, who moderate."""
    user = make_user(name=name, roles=("lep_officer",))
    make_promise(user)
    return Author(user.id, user.name, user.email)


def draft(writer: Writer, body: str, **changes: Any) -> Draft:
    """What a writer wants to post, with a key of its own."""
    values: dict[str, Any] = {
        "body": body,
        "key": f"key-{next(_serial)}",
        "as_whom": writer.reference,
        "title": "How do two people share one post?",
    }
    return Draft(**{**values, **changes})


def started(writer: Writer, body: str = "Who has done it?", **changes: Any) -> Posted:
    """A thread begun by the service, in a unit of work of its own."""
    slug = changes.pop("category", None)
    with unit_of_work():
        slug = slug or make_category().slug
        done = forum.start(
            category=slug, draft=draft(writer, body, **changes), rank="member", by=writer.author
        )
        assert isinstance(done, Ok), done
        return done.value


def replied(writer: Writer, thread: str, body: str, **changes: Any) -> Posted:
    """An answer by the service, in a unit of work of its own."""
    with unit_of_work():
        done = forum.reply(
            thread=thread, draft=draft(writer, body, **changes), rank="member", by=writer.author
        )
        assert isinstance(done, Ok), done
        return done.value


def post_row(reference: str) -> ForumPost:
    """A post's row as it is now."""
    session = current_session()
    return session.query(ForumPost).filter_by(reference=reference).one()


def thread_row(reference: str) -> ForumThread:
    """A thread's row as it is now."""
    session = current_session()
    return session.query(ForumThread).filter_by(reference=reference).one()
