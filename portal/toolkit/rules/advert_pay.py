# ruff: noqa: RUF001 - adverts use dashes of every length
"""What an advert says of pay and hours: amounts with their period, numbers of hours, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from portal.toolkit.rules.advert_text import Advert

_AMOUNT: Final = (
    r"(?:£|gbp ?)\s?(?P<low>\d{1,3}(?:,\d{3})+|\d+)(?P<dec>\.\d{1,2})?\s?(?P<k>k\b|m\b|million|bn)?"
)
_PERIOD: Final = re.compile(
    r"(?P<hour>per hour|an hour|p/?h\b|/ ?h(?:ou)?r\b|hourly|ph\b|per hr)"
    r"|(?P<year>per annum|p\.?a\.?(?![a-z])|a year|per year|annual|/ ?y(?:ea)?r\b|pro[\s-]?rata"
    r"|fte\b|salary)"
    r"|(?P<week>per week|a week|weekly|p/?w\b)|(?P<day>per day|a day|daily|per shift|a shift)"
    r"|(?P<month>per month|a month|monthly)"
)
_POUNDS: Final = re.compile(_AMOUNT)
_BARE_HOURLY: Final = re.compile(r"\b\d{1,2}\.\d{2}\s?(?:per hour|an hour|p/?h\b|/ ?hr?\b|pounds)")
_BARE_YEARLY: Final = re.compile(r"\b\d{2},\d{3}\s?(?:per annum|p\.?a\.?|a year|fte)")
# Money that is not pay.
_NOT_PAY: Final = re.compile(
    r"bonus|refer|voucher|discount|budget|turnover|revenue|sales of|worth|invest|fund|raised|saving"
    r"|save|allowance|welcome|joining|meal|lunch|parking|uniform|dbs|fee\b|fine|store\b|company\b"
    r"|business\b|profit|pension|insurance|prize|reward|cash ?back|contribution|mileage|per mile"
    r"|tips|sleep[\s-]?in"
)
_VAGUE: Final = re.compile(
    r"competitive (?:salary|pay|rate|rates|package|wage|hourly)|(?:salary|pay|wage"
    r"|rate)s?:? (?:is |are )?"
    r"(?:competitive|negotiable|doe|dependent|tbc|on application)|attractive (?:salary|package"
    r"|rates?)"
    r"|excellent (?:salary|rates?|pay)|great (?:rates?|pay)|good rates? of pay|market rate|\bdoe\b"
    r"|depending on experience|salary commensurate|negotiable salary|top rates"
)
_NAMED: Final = re.compile(
    r"(?:real living wage|national living wage|(?:national )?minimum wage|\bnmw\b|\bnlw\b|\brlw\b"
    r"|nhs band \d|band \d\b|njc scale)"
)
_SMALL: Final = 100
_HOURLY_FROM: Final = 5
_LARGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Pay:
    """What was found: ``kind`` is amount, ceiling, unclear, named, vague or none."""

    kind: str
    period: str = ""
    quote: str = ""
    pro_rata: bool = True


def pay_of(advert: Advert) -> Pay:
    """The clearest thing an advert says of pay."""
    found = list(_amounts(advert))
    for kind in ("amount", "ceiling", "unclear"):
        best = next((pay for pay in found if pay.kind == kind), None)
        if best is not None:
            return best
    for kind, pattern in (("named", _NAMED), ("vague", _VAGUE)):
        for text, quote in _texts(advert):
            if pattern.search(text):
                return Pay(kind, quote=quote)
    return Pay("none")


def _texts(advert: Advert) -> Iterator[tuple[str, str]]:
    if advert.title:
        yield advert.title.lower(), advert.title
    for sentence in advert.sentences:
        yield sentence.low, sentence.quote


def _amounts(advert: Advert) -> Iterator[Pay]:
    whole = advert.whole
    pro_rata = bool(
        re.search(r"pro[\s-]?rata|\bfte\b|full[\s-]time equivalent|actual salary", whole)
    )
    for text, quote in _texts(advert):
        for match in _POUNDS.finditer(text):
            pay = _judged(text, match, quote, pro_rata=pro_rata)
            if pay is not None:
                yield pay
        if _BARE_HOURLY.search(text) and "£" not in text and not _NOT_PAY.search(text):
            yield Pay("amount", "hour", quote)
        if _BARE_YEARLY.search(text) and "£" not in text and not _NOT_PAY.search(text):
            yield Pay("amount", "year", quote, pro_rata)


def _judged(text: str, match: re.Match[str], quote: str, *, pro_rata: bool) -> Pay | None:
    """Whether an amount is pay, and for what period."""
    unit = match["k"] or ""
    if unit in {"m", "million", "bn"}:
        return None
    value = int(match["low"].replace(",", "")) * (1000 if unit == "k" else 1)
    before = re.split(r"[.;,]\s|\band\b|\bplus\b|\+", text[: match.start()])[-1]
    after = re.split(r"[.;,]\s|\band\b|\bplus\b|\+", text[match.end() :])[0]
    period = _PERIOD.search(after[:40]) or _PERIOD.search(before[-40:])
    # In "£30,000 - £34,000" the first amount may be "£30".
    if re.match(r"\s*[-–to]+\s*£?\d+(?:\.\d+)?\s?k\b", text[match.end() :]) and value < _SMALL:
        value *= 1000
    near = f"{before[-50:]} {after[:35]}"
    if _NOT_PAY.search(near) and not (period and re.search(r"pay|salary|wage|rate", before)):
        return None
    kind = "amount"
    if re.search(r"(?:up to|maximum of|as much as)\s*$", before):
        kind = "ceiling"
    if period is not None and period.lastgroup in {"hour", "year", "week", "day", "month"}:
        name = str(period.lastgroup)
        # "salary £12.60" is not a year's pay.
        if name == "year" and value < _SMALL:
            name = "hour"
        return Pay(kind, name, quote, pro_rata if name == "year" else True)
    if value >= _LARGE:
        return Pay(kind, "year", quote, pro_rata)
    if _HOURLY_FROM <= value < _SMALL and match["dec"]:
        return Pay("unclear", "hour", quote)
    pays = re.search(r"pay|salary|wage|rate|earn", text)
    return Pay("unclear", "", quote) if pays else None


# --- Hours ---------------------------------------------------------------------------------------

_NUMBER: Final = re.compile(
    r"\b(?P<low>\d{1,2}(?:\.\d{1,2})?)(?:\s?(?:-|–|to|or|/|and"
    r"|,)\s?\d{1,2}(?:\.\d{1,2})?){0,3}\s?\+?\s?"
    r"(?:-\s?)?(?:contracted |guaranteed |paid |flexible )?(?:hours|hrs|hour|hr|h)\b"
)
_FEWEST_A_WEEK: Final = 4
_NOT_WEEKLY: Final = re.compile(
    r"notice|within \d|open 24|24[\s-]?(?:hours|hour|hr)|response|of training|call[\s-]?out"
    r"|hours? before|hours? after|hours? later|per day|a day|every \d|shift of|hour shifts?"
    r"|round the clock"
    r"|cpd|experience of \d|per month|hour contract$"
)
_PATTERN: Final = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?s?\b|weekday|weekend"
    r"|\b\d{1,2}(?:[.:]\d{2})?\s?(?:am|pm)\b|\b\d{1,2}[.:]\d{2}\s?(?:-|–|to)\s?\d{1,2}[.:]\d{2}"
    r"|\d{1,2} on,? \d{1,2} off|\bearly shifts?|\blate shifts?|\bmornings?\b|\bafternoons?\b"
    r"|\bevenings?\b|\bnights?\b|term[\s-]time|alternate weekend|\bearlies\b|\blates\b"
    r"|rota(?:s)? (?:is |are )?(?:published|given|issued|available|set)|fixed (?:shifts|rota|days)"
)
_GUARANTEED: Final = re.compile(
    r"(?:hours|hrs)(?: a week| per week)?,? guaranteed|guaranteed (?:minimum )?(?:hours|of \d"
    r"|\d)|\d+ guaranteed|guaranteed \d"
    r"|minimum of \d+ ?(?:hours|hrs)"
    r"|minimum \d+ ?(?:hours|hrs)|contracted (?:hours|to \d|for \d)|\d+ ?(?:-| )?(?:hours?"
    r"|hrs?) contract"
    r"|\d+ (?:contracted|contractual) (?:hours|hrs)|contracted \d|(?:permanent|fixed|set) hours"
    r"|\d+ hours (?:are )?guaranteed|contract(?:s)? of \d+"
)
_ZERO: Final = re.compile(
    r"zero[\s-]?hours?|\b0[\s-]hours?|as and when|no guaranteed hours|not guarantee(?:d)? hours"
    r"|casual (?:basis|contract|hours|worker|role)|bank (?:staff|worker|basis|contract|role"
    r"|position)"
    r"|hours are not guaranteed|cannot guarantee"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Quotes for a number of hours a week, a pattern and a guarantee; empty where not said."""

    number: str = ""
    pattern: str = ""
    guaranteed: str = ""
    zero: str = ""


def hours_of(advert: Advert) -> Hours:
    """What an advert says of hours."""
    found = {"number": "", "pattern": "", "guaranteed": "", "zero": ""}
    for text, quote in _texts(advert):
        if not found["number"] and _number_in(text):
            found["number"] = quote
        if not found["pattern"] and _PATTERN.search(text) and not _open_hours(text):
            found["pattern"] = quote
        if not found["zero"] and _ZERO.search(text) and not _no_zero(text):
            found["zero"] = quote
        if not found["guaranteed"] and _GUARANTEED.search(text) and not _ZERO.search(text):
            found["guaranteed"] = quote
    return Hours(**found)


def _number_in(text: str) -> bool:
    for match in _NUMBER.finditer(text):
        near = text[max(0, match.start() - 25) : match.end() + 25]
        weekly = re.search(r"per week|a week|weekly|/ ?week|p/?w\b|contract|guarantee", near)
        if _NOT_WEEKLY.search(near) and not weekly:
            continue
        # Fewer are a shift or a task rather than a week.
        if weekly or float(match["low"]) >= _FEWEST_A_WEEK:
            return True
    return False


def _open_hours(text: str) -> bool:
    """Whether a line says when a shop is open, or when to call, rather than when work is."""
    return bool(
        re.search(
            r"(?:we are|we're|store is|shop is) open|opening (?:hours|times)|call (?:us|\w+) |"
            r"closing date|interview|apply by|applications? close",
            text,
        )
    )


def _no_zero(text: str) -> bool:
    return bool(
        re.search(
            r"(?:no|not|never|don't (?:use|offer)|without) (?:a |any |use |offer )?zero", text
        )
    )
