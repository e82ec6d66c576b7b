"""Mail about peer support: what each says, and the personal link by which a side answers."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from flask import current_app

from portal.integrations.mail import public_link
from portal.network.queries import mails as found
from portal.network.queries import members
from portal.network.queries.peers import MatchFacts, RequestFacts
from portal.network.rules.matching import lower_first, told_to
from portal.network.rules.peers import SIDES, last_day
from portal.network.service.mails import tell
from portal.programme import queries as programme
from portal.toolkit.rules.words import DIMENSIONS

_TEMPLATE: Final = "network_peer"
_OTHER: Final = {"asker": "champion", "champion": "asker"}
Pair = tuple[str, str]


def token_of(reference: str, side: str) -> str:
    """The secret in a side's link. Only its hash is kept; mails make it again."""
    key = str(current_app.secret_key).encode()
    digest = hmac.new(key, f"a peer match: {reference} {side}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def other(side: str) -> str:
    """The other side."""
    return _OTHER[side]


def contact_of(facts: MatchFacts, side: str) -> Pair:
    """Name and address of a side."""
    return facts.asker_contact if side == "asker" else facts.champion_contact


def reasons_for(facts: MatchFacts, side: str) -> list[str]:
    """Why they fit, as far as the other side agreed to have it said."""
    return told_to(
        side,
        facts.reasons,
        other_says=facts.champion_says if side == "asker" else facts.asker_says,
        districts=dict(programme.settings().district_choices),
    )


def topic_words(topic: str) -> str:
    """A subject inside a sentence."""
    return lower_first(DIMENSIONS.get(topic, topic))


def proposed(facts: MatchFacts) -> list[str]:
    """Tell both of a proposal; who could not be told, as they refuse such mail."""
    return [side for side in SIDES if not _proposal(facts, side, f"match:{facts.reference}:{side}")]


def remind(facts: MatchFacts, side: str) -> bool:
    """Ask once more whoever has not answered."""
    return _proposal(facts, side, f"match-again:{facts.reference}:{side}", again=True)


def _proposal(facts: MatchFacts, side: str, key: str, *, again: bool = False) -> bool:
    topic = topic_words(facts.topic)
    employer = facts.employer_of(_OTHER[side])
    name = members.public_names([employer])[employer]
    until = last_day(facts.due_at)
    if side == "asker":
        lines = [f"You asked for somebody to talk with about {topic}. We propose {_inside(name)}."]
        if not facts.is_champion:
            lines.append("They offer help as a member of the network; they hold no award.")
    else:
        lines = [
            f"{name} would like to talk with somebody about {topic}, which you offer. They ask:",
            facts.question,
        ]
    lines += reasons_for_lines(reasons_for(facts, side))
    lines += [
        f"Say by {until:%-d %B %Y} whether you agree. If you do not, you need give no reason.",
        "Contact details are shown only when both have agreed.",
    ]
    subject = f"A peer to talk with about {topic}"
    return _send(
        facts, side, f"Reminder: {lower_first(subject)}" if again else subject, lines, key=key
    )


def reasons_for_lines(sentences: Sequence[str]) -> list[str]:
    """Reasons as one paragraph, or none."""
    return ["Why you fit: " + ". ".join(sentences) + "."] if sentences else []


def _inside(name: str) -> str:
    return "a member of the network" if name == members.UNNAMED else name


def introduced(facts: MatchFacts) -> None:
    """Give each side the contact of the other: both have agreed."""
    for side in SIDES:
        name, email = contact_of(facts, _OTHER[side])
        business = facts.champion_name if side == "asker" else facts.asking_name
        lines = [
            f"You have both agreed to talk about {topic_words(facts.topic)}.",
            "Get in touch: the first step is yours as much as theirs.",
        ]
        lines += ["They ask:", facts.question] if side == "champion" else []
        lines += [
            "Leave prices, wages and rotas out of it: to agree on them can break competition law."
        ]
        _send(
            facts,
            side,
            f"Meet {business}",
            lines,
            facts_shown=[("Business", business), ("Person", name), ("Email", email)],
            key=f"met:{facts.reference}:{side}",
            button="See the introduction",
        )


def gone(facts: MatchFacts, sides: Sequence[str] = SIDES) -> None:
    """Tell that a proposal has come to nothing; the same words whatever the reason."""
    for side in sides:
        lines = [f"The match that we proposed about {topic_words(facts.topic)} did not come about."]
        lines += [
            "Your request is open, and we go on looking."
            if side == "asker"
            else "Nothing is needed of you, and the place is free for somebody else."
        ]
        _send(
            facts,
            side,
            "A proposed match did not come about",
            lines,
            key=f"gone:{facts.reference}:{side}",
            button="See it",
        )


def ask_outcome(facts: MatchFacts) -> None:
    """Ask both what came of an introduction, those who have not said."""
    for side in SIDES:
        if facts.said(side) is None:
            lines = [
                f"Two months ago you were introduced to talk about {topic_words(facts.topic)}.",
                "Say in one minute whether it helped. If it did not, we look for somebody else.",
            ]
            _send(
                facts,
                side,
                "Did it help?",
                lines,
                key=f"outcome:{facts.reference}:{side}",
                button="Say what came of it",
            )


def ask_last_word(facts: MatchFacts, side: str, until: datetime) -> bool:
    """Ask whoever has not said what came of it, now that the other has; not what they said."""
    lines = [
        f"You were introduced to talk about {topic_words(facts.topic)}.",
        "The other business has told us what came of it.",
        f"Say it too by {last_day(until):%-d %B %Y}. After that day it counts as they said.",
    ]
    return _send(
        facts,
        side,
        "What came of it?",
        lines,
        key=f"last-word:{facts.reference}:{side}",
        button="Say what came of it",
    )


def untold(facts: MatchFacts) -> list[str]:
    """Who of the two gets no mail about a match now: it has no address, or refuses such mail."""
    addresses = {side: contact_of(facts, side)[1].strip().lower() for side in SIDES}
    refusing = found.refusing(addresses.values(), "peers")
    return [side for side, email in addresses.items() if not email or email in refusing]


def closed(facts: RequestFacts) -> bool:
    """Tell the asker that staff have closed the request, and why."""
    return tell(
        kind="peers",
        to=facts.contact_email,
        subject="Your request for peer support is closed",
        template=_TEMPLATE,
        context={
            "to_name": facts.contact_name,
            "lines": [
                f"We have closed your request about {topic_words(facts.topic)}.",
                facts.closed_reason,
            ],
            "facts": [],
            "button": "See the network",
            "link": public_link("network.home"),
            "is_personal": False,
        },
        unique_key=f"peer:closed:{facts.reference}:{facts.revision}",
    )


def _send(
    facts: MatchFacts,
    side: str,
    subject: str,
    lines: Sequence[str],
    *,
    key: str,
    facts_shown: Sequence[Pair] = (),
    button: str = "Answer",
) -> bool:
    name, email = contact_of(facts, side)
    if not email:
        return False
    context: dict[str, Any] = {
        "to_name": name,
        "lines": list(lines),
        "facts": list(facts_shown),
        "button": button,
        "link": public_link("network.match", token=token_of(facts.reference, side)),
        "is_personal": True,
    }
    return tell(
        kind="peers",
        to=email,
        subject=subject[:200],
        template=_TEMPLATE,
        context=context,
        unique_key=f"peer:{key}",
    )
