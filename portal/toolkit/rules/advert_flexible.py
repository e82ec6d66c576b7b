# ruff: noqa: RUF001 - adverts use dashes of every length
"""Whether an advert offers part-time or flexible work, refuses it, or only uses the words.

Polarity is judged in the clause that holds the words: "no part-time", "part-time is not available"
and "full-time only" refuse; "must be flexible" asks it of the worker; "manage a part-time team" is
about something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from portal.toolkit.rules.advert_text import Advert, Sentence

OFFERED, REFUSED, DEMANDED = "offered", "refused", "demanded"

_PART_TIME: Final = r"part[\s-]?time\b|\bp/t\b|\bpart or full[\s-]?time"
_SHARE: Final = r"job[\s-]?shar(?:e|es|ing|er|ers)\b"
_HOURS: Final = (
    r"flexi(?:ble|bly)?[\s-]?(?:work(?:ing)?|hours|time|shifts?|rotas?|patterns?|start"
    r"|contracts?)\b"
    r"|flexitime\b|working pattern(?:s)? (?:to|that) suit|hours (?:to|that) (?:suit|fit)"
    r"|hours (?:can be|are) (?:discussed|flexible|negotiable)|talk(?:ing)? (?:about )?flexib"
    r"|discuss (?:flexible|your hours|the hours|hours|working patterns?)"
    r"|(?:school|term)[\s-]?(?:hours|time)\b|compressed hours|reduced hours|annuali[sz]ed hours"
    r"|(?:four|4|three|3)[\s-]day week|choose your (?:own )?(?:hours|shifts)|fewer hours"
    r"|work(?:s|ing)? around your|fit(?:s)? around your|flexible around|variety of hours"
    r"|flexibility (?:to|around|on|in|over|with) (?:your )?(?:hours|shifts|start|choose"
    r"|work around)"
)
_TERMS: Final = re.compile(f"(?P<part>{_PART_TIME})|(?P<share>{_SHARE})|(?P<hours>{_HOURS})")
_FULL_ONLY: Final = re.compile(
    r"full[\s-]?time (?:hours )?only|only full[\s-]?time|strictly full[\s-]?time"
    r"|must be (?:able to work |available )?full[\s-]?time|full[\s-]?time (?:position|role) only"
)
# The worker is to be flexible. "Fully flexible" is judged here wherever it stands.
_DEMANDS: Final = re.compile(
    r"(?:must|need to|have to|required to|expected to|should|will) be (?:\w+ ){0,3}flexible"
    r"|(?:fully|totally|completely|100%) flexible|full flexibility|total flexibility"
    r"|flexible (?:approach|attitude)|flexibility (?:is )?(?:required|essential|needed|expected)"
    r"|flexib\w+ (?:to|in) (?:working )?(?:cover|weekends|evenings|overtime)"
    r"|any (?:five|5) (?:days )?(?:from|out of|over) (?:seven|7)"
    r"|(?:5|five) (?:days )?(?:from|over|out of) (?:7|seven)"
    r"|available (?:at all times|24/7|7 days|seven days|any time|whenever)"
    r"|no restrictions on (?:your )?availability|work(?:ing)? hours to suit the business"
    r"|hours to suit the (?:business|company|needs|store|restaurant|home|client)"
    r"|able to work (?:any|all) (?:shift|shifts|hours)|as (?:and when )?the business (?:needs"
    r"|requires)"
)
# An offer that leaves it open whether it is one: most people do not ask.
_HEDGED: Final = re.compile(
    r"\b(?:may|might|could) (?:also )?be (?:considered|possible|available|an option)"
    r"|for the right (?:candidate|person)|in exceptional circumstances"
)
_CLAUSE: Final = re.compile(r"[,;:()–]|\s-\s|\bbut\b|\bhowever\b|\balthough\b|\bthough\b")
_NOT_BEFORE: Final = re.compile(
    r"\b(?:no|not|non|never|cannot|can't|can not|unable to|don't|doesn't|isn't|aren't|won't"
    r"|wouldn't|without|nor|neither|sorry|unfortunately|regret)\b"
)
_NOT_AFTER: Final = re.compile(
    r"^[\w\s'/-]{0,40}?\b(?:(?:is|are|will|can|would|may|do|does)(?:n't| not|not)\b|cannot\b"
    r"|not (?:available|possible|considered|an option|offered|suitable|permitted|accepted)"
    r"|unavailable|need not apply)"
)
_NOT_REALLY: Final = re.compile(
    r"not (?:only|just|simply)|no (?:problem|reason|issue|objection)|don't (?:only|just)"
    r"|(?:isn't|not) a problem|why not|not necessarily"
)
_OTHER_MATTER: Final = re.compile(
    r"(?:manag\w+|lead\w*|supervis\w+|train\w*|rota\w*|recruit\w*|support\w*|line[\s-]manage) "
    r"(?:\w+ ){0,6}?(?:part[\s-]?time|full)"
    r"|part[\s-]?time (?:stud\w+|course|degree|mba|workers \(|staff|colleagues|team members"
    r"|employees|volunteers)|(?:team|teams) of (?:\w+ ){0,5}part[\s-]?time"
    r"|part[\s-]?time (?:or full[\s-]?time )?(?:experience|education)"
)
_ASKED: Final = re.compile(r"\?\s*$")
_NO_ANSWER: Final = re.compile(r"^(?:sorry|no\b|unfortunately|not\b|i'm afraid|we're afraid)")


@dataclass(frozen=True, slots=True)
class Mention:
    """One use of the words: ``kind`` is part, share or hours; ``place`` where it stands.

    A ``hedged`` offer leaves it open whether it is one.
    """

    kind: str
    polarity: str
    quote: str
    place: str
    hedged: bool = False


def mentions(advert: Advert) -> list[Mention]:
    """Every use that says something about this job's hours, in order; the title's first."""
    found = _of_title(advert.title)
    sentences = advert.sentences
    for index, sentence in enumerate(sentences):
        after = sentences[index + 1].low if index + 1 < len(sentences) else ""
        found += _of_sentence(sentence, after, _place(sentence))
    return found


def _of_title(title: str) -> list[Mention]:
    if not title:
        return []
    sentence = Sentence(title, title.lower(), 0, Fraction(0))
    return _of_sentence(sentence, "", "title")


def _place(sentence: Sentence) -> str:
    if sentence.early:
        return "first lines"
    return "end" if sentence.late else "middle"


def _of_sentence(sentence: Sentence, after: str, place: str) -> list[Mention]:
    low = sentence.low
    found = []
    if _FULL_ONLY.search(low):
        found.append(Mention("part", REFUSED, sentence.quote, place))
    asked_and_refused = _ASKED.search(low) and _NO_ANSWER.search(after)
    demanded = _DEMANDS.search(low)
    if demanded:
        found.append(Mention("hours", DEMANDED, sentence.quote, place))
    for match in _TERMS.finditer(low):
        kind = match.lastgroup or "hours"
        if kind == "hours" and demanded:
            continue
        if kind == "part" and _OTHER_MATTER.search(low) and not _offers_plainly(low):
            continue
        refused = asked_and_refused or _is_refused(low, match.start(), match.end())
        polarity = REFUSED if refused else OFFERED
        hedged = _HEDGED.search(low) is not None
        found.append(Mention(kind, polarity, sentence.quote, place, hedged))
    return found


def _offers_plainly(low: str) -> bool:
    """Whether part-time is offered as well in a sentence that also speaks of staff."""
    return bool(
        re.search(
            r"part[\s-]?time (?:hours|basis|role|position|or full)|full[\s-]?time or part", low
        )
    )


def _is_refused(low: str, start: int, end: int) -> bool:
    """Whether the clause around the words says no to them."""
    before = _CLAUSE.split(low[:start])[-1]
    after = _CLAUSE.split(low[end:])[0]
    if _NOT_REALLY.search(f"{before} {low[start:end]}{after}"):
        return False
    # A no earlier in the clause reaches these words unless another thing was refused by it.
    near = " ".join(before.split()[-7:])
    if _NOT_BEFORE.search(near) and not re.search(
        r"\bno (?:experience|qualifications?|weekends?|evenings?|nights?|minimum|late)", near
    ):
        return True
    return bool(_NOT_AFTER.search(after.strip()))
