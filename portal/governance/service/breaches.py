"""The log of breaches: recorded at once, judged, told, and closed with what was learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from portal.db import audit, current_session, outbox, unit_of_work
from portal.governance.models.privacy import Breach, BreachStep
from portal.governance.queries import breaches as found
from portal.governance.queries import people
from portal.governance.rules import breaches as rules
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import london, utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem

REMINDER: Final = "governance.breach_reminder"
GONE: Final = Problem("gone", "There is no such breach")
CLOSED: Final = Problem("closed", "This breach is closed")
CHANGED: Final = Problem("changed", "Somebody else changed it meanwhile: look again, then save")
WORDS: Final = Problem("words", "Enter a note", "words")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a manager writes of a breach. Times are UTC."""

    title: str
    found_at: datetime
    what: str
    kinds: Sequence[str]
    people: int | None
    risk: str = "unknown"
    why: str = ""
    done: str = ""
    ico_told_at: datetime | None = None
    ico_reference: str = ""
    ico_reason: str = ""
    people_told_at: datetime | None = None
    people_reason: str = ""
    lessons: str = ""

    @property
    def judged(self) -> rules.Judged:
        """What was decided, for the rules."""
        return rules.Judged(
            self.found_at,
            self.risk,
            self.why,
            self.ico_told_at,
            self.ico_reason,
            self.people_told_at,
            self.people_reason,
            self.lessons,
        )


_FIELDS: Final = tuple(Facts.__dataclass_fields__)


def record(*, facts: Facts, by: Author) -> Ok[Breach] | list[Problem]:
    """Write a breach down, tell every manager at once, and wake them while the 72 hours run."""
    problems = rules.faults(facts.judged, utc_now())
    if problems:
        return problems
    breach = Breach(by=by.user_id, by_name=by.shown, **_values(facts))
    current_session().add(breach)
    current_session().flush()
    _step(breach, "found", "", by)
    _record(breach, "breach.recorded", by)
    _tell(breach, "A breach of personal data was recorded", "recorded")
    for hours in rules.REMIND_AFTER_HOURS:
        due = breach.found_at + timedelta(hours=hours)
        if due > utc_now():
            key = f"breach:{breach.reference}:{hours}"
            payload = {"breach": breach.reference, "hours": hours}
            outbox.add(kind=REMINDER, payload=payload, unique_key=key, due_at=due)
    return Ok(breach)


def judge(*, reference: str, revision: int, facts: Facts, by: Author) -> Ok[None] | list[Problem]:
    """Change what is known and decided. What changed goes into the log, with both values' names."""
    breach = found.breach_of(reference, lock=True)
    if breach is None:
        return [GONE]
    if breach.closed_at is not None:
        return [CLOSED]
    if breach.revision != revision:
        return [CHANGED]
    problems = rules.faults(facts.judged, utc_now())
    if problems:
        return problems
    values = _values(facts)
    changed = [name for name, value in values.items() if getattr(breach, name) != value]
    if not changed:
        return Ok(None)
    for name, value in values.items():
        setattr(breach, name, value)
    breach.revision += 1
    _step(breach, "assessed", _told(breach, changed), by)
    _record(breach, "breach.judged", by, {"changed": changed, "risk": breach.risk})
    return Ok(None)


def note(*, reference: str, words: str, by: Author) -> Ok[None] | Err:
    """Write something into the log; also after it was closed."""
    breach = found.breach_of(reference, lock=True)
    if breach is None:
        return Err(GONE)
    if not words:
        return Err(WORDS)
    _step(breach, "note", words, by)
    _record(breach, "breach.noted", by)
    return Ok(None)


def close(*, reference: str, by: Author) -> Ok[None] | list[Problem]:
    """Close a breach once everything that the law asks for is there."""
    breach = found.breach_of(reference, lock=True)
    if breach is None:
        return [GONE]
    if breach.closed_at is not None:
        return [CLOSED]
    problems = rules.open_points(found.judged(breach), utc_now())
    if problems:
        return problems
    breach.closed_at = utc_now()
    breach.revision += 1
    _step(breach, "closed", "", by)
    _record(breach, "breach.closed", by, {"risk": breach.risk})
    return Ok(None)


def remind(payload: Mapping[str, Any]) -> None:
    """Wake the managers while the ICO may have to be told. Running twice writes once."""
    with unit_of_work():
        breach = found.breach_of(str(payload["breach"]), lock=True)
        if breach is None or breach.closed_at is not None:
            return
        judged = found.judged(breach)
        if not rules.ico_outstanding(judged):
            return
        words, _colour = rules.clock_in_words(judged, utc_now())
        _tell(breach, f"Breach of personal data: {words}", str(payload["hours"]))


def remind_late() -> None:
    """Every day, about each breach past its 72 hours whose ICO decision is still open."""
    late = [
        one.reference
        for one in found.open_breaches()
        if rules.ico_outstanding(found.judged(one)) and rules.is_late(found.judged(one), utc_now())
    ]
    day = london(utc_now()).date().isoformat()
    for reference in late:
        remind({"breach": reference, "hours": f"late-{day}"})


def _values(facts: Facts) -> dict[str, Any]:
    values = {name: getattr(facts, name) for name in _FIELDS}
    values["kinds"] = list(facts.kinds)
    return values


def _told(breach: Breach, changed: Sequence[str]) -> str:
    words = [f"Changed: {', '.join(name.replace('_', ' ') for name in changed)}."]
    if "risk" in changed or "why" in changed:
        words.append(f"{rules.RISKS[breach.risk]}. {breach.why}")
    if "ico_told_at" in changed and breach.ico_told_at is not None:
        words.append(f"ICO told {london(breach.ico_told_at):%d.%m.%Y %H:%M}.")
    if "ico_reason" in changed and breach.ico_reason:
        words.append(breach.ico_reason)
    if "people_told_at" in changed and breach.people_told_at is not None:
        words.append(f"People told {london(breach.people_told_at):%d.%m.%Y %H:%M}.")
    if "people_reason" in changed and breach.people_reason:
        words.append(breach.people_reason)
    return "\n".join(words)


def _step(breach: Breach, what: str, words: str, by: Author) -> None:
    current_session().add(
        BreachStep(breach_id=breach.id, by=by.user_id, by_name=by.shown, what=what, words=words)
    )
    current_session().flush()


def _record(
    breach: Breach, action: str, by: Author, detail: Mapping[str, Any] | None = None
) -> None:
    audit.record(
        action=action,
        subject=f"breach:{breach.reference}",
        detail=detail,
        actor_id=by.user_id if by is not PORTAL else None,
    )


def _tell(breach: Breach, subject: str, key: str) -> None:
    due = london(rules.ico_due_at(breach.found_at))
    lines = [
        f"{breach.title}, found {london(breach.found_at):%d %B %Y at %H:%M}.",
        f"If people may be at risk, the ICO must be told by {due:%d %B %Y at %H:%M}.",
    ]
    link = public_link("governance.breach", reference=breach.reference)
    for reader in people.managers():
        send_later(
            to=reader.email,
            subject=subject,
            template="governance_notice",
            context={"name": reader.name, "lines": lines, "button": "See it", "link": link},
            unique_key=f"breach:{breach.reference}:{key}:{reader.user_id}",
        )
