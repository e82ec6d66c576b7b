"""What an advert says of contract, place, training and moving up, and whom its words shut out.

Words that put women or men off are from Gaucher, Friesen and Kay (2011), Evidence that gendered
wording in job advertisements exists and sustains gender inequality, kept to those that describe a
person; words about age are those that the Equality Act 2010 makes a risk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from portal.toolkit.rules.advert_flexible import DEMANDED, mentions
from portal.toolkit.rules.advert_text import Advert

_CONTRACT: Final = re.compile(
    r"\bpermanent\b|fixed[\s-]?term|\btemporary\b|\btemp to perm|maternity cover|zero[\s-]?hours?"
    r"|\bcasual (?:basis|contract|hours|worker|role|position)|\bseasonal\b|apprenticeship"
    r"|(?:6|12|six|twelve|9|nine|3|three)[\s-]month contract|bank (?:staff|contract|worker|role)"
    r"|annuali[sz]ed hours contract|\bongoing contract"
)
_PLACE: Final = re.compile(
    r"\b(?:location|based|address|where|site|branch)\s*:\s*\S|(?:based|located) (?:in|at|near)\b"
    r"|\b[a-z]{1,2}\d{1,2}[a-z]?(?: \d[a-z]{2})?\b(?= |,|\.|$|\n)|home[\s-]?based"
    r"|work(?:ing)? from home"
    r"|\bremote(?:ly)?\b|\bhybrid\b"
    r"|\b(?:leeds|bradford|wakefield|huddersfield|halifax|york|harrogate|barnsley|selby|skipton"
    r"|keighley|dewsbury|pudsey|otley|ilkley|castleford|pontefract|knaresborough|ripon|bingley"
    r"|morley|batley|brighouse|shipley|wetherby|kirklees|calderdale|craven|london|manchester"
    r"|sheffield|birmingham|bristol|liverpool|newcastle|nottingham|leicester|hull)\b"
)
_POSTCODE_SHAPED: Final = re.compile(r"^[a-z]{1,2}\d{1,2}[a-z]?")
_TRAINING: Final = re.compile(
    r"\btraining\b|\bqualifications? (?:paid|funded|offered|provided|and)|\bnvq\b|apprenticeship"
    r"|care certificate|\binduction\b|shadow(?:ing)?\b|diploma|learn(?:ing)? (?:on|new|and)"
    r"|coaching"
    r"|we(?:'ll| will)? (?:train|teach) you|train you\b|mentor"
)
_NOT_TRAINING: Final = re.compile(
    r"no training|training (?:manager|provider|room|centre|kitchen|is not|not)|previous training"
    r"|(?:must|should) (?:be|have) (?:\w+ ){0,3}train(?:ed|ing)"
    r"|deliver(?:ing)? (?:\w+ ){0,2}training"
    r"|training (?:the|your|new|other|junior) |without training|train(?:ing)? (?:staff|colleagues)"
)
_PROGRESS: Final = re.compile(
    r"progress(?:ion)?\b(?! (?:orders|chas|report|note))|promot(?:ed|ion|e from)|career (?:path"
    r"|ladder|develop|route)"
    r"|develop your career|step up|move up|grow with us|opportunit(?:y|ies) to (?:develop"
    r"|progress|grow|lead)"
    r"|development (?:plan|review|programme|opportunit)|become a (?:senior|supervisor"
    r"|team leader|manager)"
)
_NOT_PROGRESS: Final = re.compile(
    r"promotion(?:s|al)? (?:display|stand|event|activit|offer|sale)|(?:sales|in[\s-]?store"
    r"|product|seasonal|price)"
    r" promotion|no (?:\w+ ){0,2}progress|progress of|clients?' progress|(?:their|client) progress"
)
_EXPERIENCE: Final = re.compile(
    r"(?:minimum (?:of )?|at least |over )?(?:\d+|two|three|five"
    r"|ten)\+? years?'?s? (?:of )?(?:\w+ ){0,4}experience"
    r"|experience of (?:at least )?\d+ years|recent (?:\w+ ){0,3}(?:experience|employment"
    r"|references?)"
    r"|within the (?:last|past) (?:\d+|two|three|five|few) (?:years?|months?)"
    r"|(?:no|without) (?:career |employment )?(?:gaps|breaks)|(?:continuous|unbroken"
    r"|uninterrupted) employment"
    r"|currently (?:employed|working) in|proven track record|must have (?:\w+ ){0,4}experience"
    r"|experience (?:is )?(?:essential|required|a must)"
    r"|previous (?:\w+ ){0,3}experience (?:is )?(?:essential|required)"
    r"|educated to degree|degree (?:is )?(?:essential|required)"
)
_SOFTENED: Final = re.compile(
    r"not essential|isn't essential|not required|not necessary|desirable|preferred|advantage"
    r"|a bonus"
    r"|no experience|or equivalent|we (?:have|bring|offer)|our (?:team|staff|company)"
    r"|family business"
    r"|years' experience (?:of|in) (?:caring|supporting) (?:our|the)|established|returners"
    r"|career break"
)
_CODED: Final = (
    (
        "gendered",
        re.compile(
            r"\b(?:ninja|rock ?star|guru|aggressive|dominant|dominate|fearless|hungry|alpha"
            r"|manpower"
            r"|salesman|salesmen|foreman|handyman|barmaid|barman|waitress|chairman|housewife|girls?"
            r"|lads?|ladies|gentleman|matron|workmanlike|strong[\s-]?man|headstrong|he|his|she)\b"
        ),
    ),
    (
        "age",
        re.compile(
            r"\b(?:young|youthful|energetic|recent(?:ly)? graduates?|digital native|mature|junior"
            r"|school[\s-]?leavers?|over \d\d s|under \d\d|fresh[\s-]?faced|vibrant)\b"
        ),
    ),
)
# People who are cared for, customers, and posts that the law lets be for one sex.
_ABOUT_OTHERS: Final = re.compile(
    r"young (?:people|person|adult|children|man|woman|lady|gentleman|carer)|young(?:sters)?'s"
    r"|support\w* (?:a|an|our|the|him|her|his) |(?:client|resident|customer|guest|gentleman"
    r"|lady|service user|tenant|son|"
    r"daughter|mother|father|person we support)\b|equality act|occupational requirement"
    r"|ladies(?:wear|'| clothing| fashion)|girls' (?:school|clothing)|mature (?:cheese|garden|tree)"
    r"|his or her|he/she|she/he|his/her|junior (?:school|doctor|football|sous|chef)|young at heart"
    r"|energetic (?:children|dog|toddler)|of (?:any|all) ages?|students?, school"
)
LONG_WORDS: Final = 700
SHORT_WORDS: Final = 80
HIGH_READING_AGE: Final = 15


def contract_quote(advert: Advert) -> str:
    """Words that say what kind of contract it is."""
    return _first(advert, _CONTRACT)


def place_quote(advert: Advert) -> str:
    """Words that say where the work is."""
    for low, quote in _texts(advert):
        for match in _PLACE.finditer(low):
            word = match.group()
            # "b12" may be a vitamin: a postcode needs capitals where it stands.
            if _POSTCODE_SHAPED.match(word) and word.upper() not in quote:
                continue
            return quote
    return ""


def training_quote(advert: Advert) -> str:
    """Words that offer training."""
    return _first(advert, _TRAINING, _NOT_TRAINING)


def progress_quote(advert: Advert) -> str:
    """Words that offer a way up."""
    return _first(advert, _PROGRESS, _NOT_PROGRESS)


def experience_quotes(advert: Advert) -> list[str]:
    """Demands that shut out people who come back after a break."""
    return [
        quote
        for low, quote in _texts(advert)
        if _EXPERIENCE.search(low) and not _SOFTENED.search(low)
    ]


def coded_words(advert: Advert) -> list[tuple[str, str, str]]:
    """Words that put people off: gendered or age, the word, and where it stands."""
    found = []
    for low, quote in _texts(advert):
        if _ABOUT_OTHERS.search(low):
            continue
        for kind, pattern in _CODED:
            found += [(kind, match.group(), quote) for match in pattern.finditer(low)]
    return found


def demand_quotes(advert: Advert) -> list[str]:
    """Demands to be available whenever the business likes."""
    return [one.quote for one in mentions(advert) if one.polarity == DEMANDED]


def _texts(advert: Advert) -> Iterator[tuple[str, str]]:
    if advert.title:
        yield advert.title.lower(), advert.title
    for sentence in advert.sentences:
        yield sentence.low, sentence.quote


def _first(advert: Advert, wanted: re.Pattern[str], unless: re.Pattern[str] | None = None) -> str:
    for low, quote in _texts(advert):
        if wanted.search(low) and not (unless and unless.search(low)):
            return quote
    return ""
