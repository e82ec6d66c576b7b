"""The job-advert checker: what an advert tells somebody who wants part-time hours.

Findings quote the advert. The score is a sum of points, each line saying how many of how many; the
weights are ours, and put first what a part-timer needs to know before applying: hours and pay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from portal.toolkit.rules import advert_checks as checks
from portal.toolkit.rules.advert_flexible import DEMANDED, OFFERED, REFUSED, Mention, mentions
from portal.toolkit.rules.advert_pay import Hours, Pay, hours_of, pay_of
from portal.toolkit.rules.advert_text import Advert, reading_age
from portal.toolkit.rules.advert_words import NOTES, PASTE, suggestions
from portal.toolkit.rules.tools import Figure, Line, Outcome, Part

FLEXIBLE, PAY, NUMBER, PATTERN, GUARANTEED = 30, 20, 10, 6, 4
CONTRACT = PLACE = TRAINING = PROGRESS = RETURNERS = WORDING = 5
_PLACES: Final = {"title": 30, "first lines": 30, "middle": 25, "end": 15}
_WHERE: Final = {
    "title": "in the title",
    "first lines": "in the first lines",
    "middle": "in the middle",
    "end": "only at the end",
}
_KINDS: Final = {"part": "Part-time", "share": "Job share", "hours": "Flexible hours"}
_PAY_POINTS: Final = {"amount": 20, "ceiling": 8, "unclear": 14, "named": 8, "vague": 0, "none": 0}
_GOOD, _FAIR = 70, 45
_TITLE_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for: points of how many, and the line that explains them."""

    key: str
    points: int
    most: int
    line: Line


def findings(advert: Advert) -> tuple[Finding, ...]:
    """Everything looked for, in the order of importance."""
    hours = hours_of(advert)
    return (
        _flexible(advert),
        _pay(pay_of(advert)),
        *_hours(hours),
        _simple(advert, "contract"),
        _simple(advert, "place"),
        _simple(advert, "training"),
        _simple(advert, "progress"),
        _returners(advert),
        _wording(advert),
    )


def outcome(advert: Advert) -> Outcome:
    """What an advert says and leaves out. Equal adverts give equal outcomes."""
    found = findings(advert)
    score = sum(one.points for one in found)
    keys = [one.key for one in found if one.line.state != "good"]
    title = advert.title or "Advert without a title"
    return Outcome(
        tool="advert",
        title=f"Advert check: {title}"[:_TITLE_SHOWN],
        headline=_headline(found[0].line, score),
        text=_text(found),
        state="good" if score >= _GOOD else "watch" if score >= _FAIR else "bad",
        figures=_figures(advert, found, score),
        parts=(
            _found(found, score),
            _reading(advert),
        ),
        given=(
            Line("Job title", title),
            Line("Length", f"{advert.words:,} words"),
        ),
        suggestions=suggestions(keys),
        notes=NOTES,
    )


def _headline(flexible: Line, score: int) -> str:
    if flexible.state == "good" and score >= _FAIR:
        return f"{score} out of 100: part-timers can see that this job may suit them"
    if flexible.state == "good":
        return f"{score} out of 100: it offers part-time or flexible hours, but says little else"
    if flexible.state == "watch":
        return f"{score} out of 100: part-time or flexible hours are there, but easy to miss"
    return f"{score} out of 100: somebody who wants part-time hours would not know to apply"


def _text(found: tuple[Finding, ...]) -> str:
    missing = [one.line.label.lower() for one in found if one.line.state == "bad"]
    if not missing:
        return "Nothing that matters most is missing."
    return f"To change first: {', '.join(missing[:3])}."


# --- What was found ------------------------------------------------------------------------------


def _flexible(advert: Advert) -> Finding:
    label = "Part-time or flexible hours"
    found = mentions(advert)
    offered = [one for one in found if one.polarity == OFFERED]
    refused = [one for one in found if one.polarity == REFUSED]
    # A refusal beats an offer in general words, but not an offer of part-time or a job share.
    if refused and not any(one.kind in {"part", "share"} for one in offered):
        line = Line(
            label,
            "Refused",
            "Say what the job needs instead of what nobody may ask for",
            "bad",
            _quotes(refused),
            PASTE["flexible"],
        )
        return Finding("flexible", 0, FLEXIBLE, line)
    if not offered:
        demanded = [one for one in found if one.polarity == DEMANDED]
        words = "“Flexible” is asked of the worker here, not offered" if demanded else ""
        line = Line(label, "Not mentioned", words, "bad", _quotes(demanded), PASTE["flexible"])
        return Finding("flexible", 0, FLEXIBLE, line)
    firm = [one for one in offered if not one.hedged]
    best = max(firm or offered, key=lambda one: _PLACES[one.place])
    kinds = list(dict.fromkeys(_KINDS[one.kind] for one in offered))
    value = f"{' and '.join(kinds)}: {_WHERE[best.place]}"
    points = _PLACES[best.place]
    if not firm:
        points //= 2
        words = "It leaves people guessing whether they may ask, and most will not. Say yes or no"
        line = Line(label, f"Perhaps. {value}", words, "watch", _quotes(offered), PASTE["flexible"])
    elif best.place == "end":
        words = "Many people stop reading before: move it to the title or the first lines"
        line = Line(label, value, words, "watch", _quotes(offered), PASTE["flexible"])
    else:
        line = Line(label, value, state="good", quotes=_quotes(offered))
    return Finding("flexible", points, FLEXIBLE, line)


def _pay(pay: Pay) -> Finding:
    label = "Pay"
    quotes = (pay.quote,) if pay.quote else ()
    points = _PAY_POINTS[pay.kind]
    said = {
        "amount": "Stated",
        "ceiling": "Only the most is stated: what does it start at?",
        "unclear": "An amount, but not for what time",
        "named": "A rate is named, but no amount",
        "vague": "Not stated: these words are not an amount",
        "none": "Not stated",
    }[pay.kind]
    if pay.kind == "amount":
        if not pay.pro_rata:
            words = "Yearly pay: say what it comes to for part-time hours"
            return Finding(
                "pay", points, PAY, Line(label, f"{said}, a year", words, "good", quotes)
            )
        period = f", by the {pay.period}" if pay.period else ""
        return Finding("pay", points, PAY, Line(label, f"{said}{period}", "", "good", quotes))
    state = "bad" if not points else "watch"
    return Finding("pay", points, PAY, Line(label, said, "", state, quotes, PASTE["pay"]))


def _hours(hours: Hours) -> tuple[Finding, ...]:
    return (
        _part(
            "number",
            "Number of hours",
            hours.number,
            NUMBER,
            "Say how many hours a week, or from to",
        ),
        _part(
            "pattern",
            "Days and times",
            hours.pattern,
            PATTERN,
            "Say which days, and between which times",
        ),
        _guaranteed(hours),
    )


def _part(key: str, label: str, quote: str, most: int, words: str) -> Finding:
    if quote:
        return Finding(key, most, most, Line(label, "Stated", state="good", quotes=(quote,)))
    line = Line(label, "Not stated", words, "bad" if key == "number" else "watch", (), PASTE[key])
    return Finding(key, 0, most, line)


def _guaranteed(hours: Hours) -> Finding:
    label = "Guaranteed hours"
    if hours.zero:
        words = "Nobody can pay rent with hours that may not come"
        line = Line(
            label, "None: hours may be nought", words, "bad", (hours.zero,), PASTE["guaranteed"]
        )
        return Finding("guaranteed", 0, GUARANTEED, line)
    words = "Say that the hours are in the contract"
    return _part("guaranteed", label, hours.guaranteed, GUARANTEED, words)


_SIMPLE: Final = {
    "contract": (
        "Kind of contract",
        checks.contract_quote,
        CONTRACT,
        "Permanent, fixed-term or casual?",
    ),
    "place": (
        "Place of work",
        checks.place_quote,
        PLACE,
        "Part-timers weigh the journey against the hours",
    ),
    "training": (
        "Training",
        checks.training_quote,
        TRAINING,
        "Say that it is paid and in working hours",
    ),
    "progress": (
        "A way up",
        checks.progress_quote,
        PROGRESS,
        "Say what the next step is, in part-time hours too",
    ),
}


def _simple(advert: Advert, key: str) -> Finding:
    label, look, most, words = _SIMPLE[key]
    quote = look(advert)
    if quote:
        return Finding(key, most, most, Line(label, "Mentioned", state="good", quotes=(quote,)))
    return Finding(key, 0, most, Line(label, "Not mentioned", words, "watch", (), PASTE[key]))


def _returners(advert: Advert) -> Finding:
    label = "Open to people coming back to work"
    quotes = checks.experience_quotes(advert)
    if not quotes:
        line = Line(label, "No demand that shuts them out", state="good")
        return Finding("returners", RETURNERS, RETURNERS, line)
    words = "Ask for the skill, not for years or for work done recently"
    line = Line(
        label, "Shut out by what is demanded", words, "watch", tuple(quotes[:3]), PASTE["returners"]
    )
    return Finding("returners", 0, RETURNERS, line)


def _wording(advert: Advert) -> Finding:
    label = "Words that put people off"
    demands = checks.demand_quotes(advert)
    coded = checks.coded_words(advert)
    if not demands and not coded:
        return Finding("wording", WORDING, WORDING, Line(label, "None found", state="good"))
    said = []
    if demands:
        said.append("must be available whenever")
    for kind, words in (("gendered", "about women or men"), ("age", "about age")):
        some = list(dict.fromkeys(f"“{word}”" for known, word, _quote in coded if known == kind))
        if some:
            said.append(f"{words}: {', '.join(some)}")
    quotes = tuple(dict.fromkeys([*demands, *(quote for _kind, _word, quote in coded)]))[:4]
    state = "bad" if demands else "watch"
    value = "; ".join(said)
    line = Line(label, value[0].upper() + value[1:], "", state, quotes, PASTE["wording"])
    return Finding("wording", 0, WORDING, line)


def _quotes(found: list[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.quote for one in found))[:3]


# --- Beside the findings -------------------------------------------------------------------------


def _reading(advert: Advert) -> Part:
    length = Line(
        "Length", f"{advert.words:,} words", "Between 80 and 700 words reads well", "good"
    )
    if not checks.SHORT_WORDS <= advert.words <= checks.LONG_WORDS:
        words = (
            "Too short to say what matters"
            if advert.words < checks.SHORT_WORDS
            else ("Too long for a phone: cut what is about the company")
        )
        length = Line("Length", f"{advert.words:,} words", words, "watch")
    age = reading_age(advert)
    if age is None:
        return Part("Reading it", lines=(length, Line("Reading age", "Too short to say")))
    words = (
        "Estimated from the length of words and sentences (Flesch and Kincaid, 1975). A guide only"
    )
    state = "good" if age <= checks.HIGH_READING_AGE else "watch"
    return Part("Reading it", lines=(length, Line("Reading age", f"About {age}", words, state)))


def _found(found: tuple[Finding, ...], score: int) -> Part:
    """Each finding with its points, and what they add up to."""
    lines = [
        replace(one.line, value=f"{one.line.value} ({one.points} of {one.most})") for one in found
    ]
    words = "The points above added up"
    most = sum(one.most for one in found)
    lines.append(Line("Score", f"{score} of {most}", words, total=True))
    intro = (
        "Points are in brackets. Their weights are ours: hours and pay first, as a part-timer"
        " needs those before applying."
    )
    return Part("What was found", intro, tuple(lines))


def _figures(advert: Advert, found: tuple[Finding, ...], score: int) -> tuple[Figure, ...]:
    by_key = {one.key: one.points for one in found}
    hours = by_key["number"] + by_key["pattern"] + by_key["guaranteed"]
    return (
        Figure("score", "Score", score, "points", "higher"),
        Figure("flexible", "Part-time or flexible", by_key["flexible"], "count", "higher", "of 30"),
        Figure("pay", "Pay", by_key["pay"], "count", "higher", "of 20"),
        Figure("hours", "Hours", hours, "count", "higher", "of 20"),
        Figure("words", "Words", advert.words, "count"),
    )
