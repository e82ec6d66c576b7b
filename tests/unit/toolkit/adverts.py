"""Invented adverts as employers write them, each with what a careful reader would find.

``flexible`` is title, first, middle, end, none or refused; ``pay`` a kind of the rules; the others
say whether the thing is there. ``shuts_out`` and ``puts_off`` are whether something is found.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Labelled:
    name: str
    sector: str
    title: str
    text: str
    flexible: str
    pay: str
    number: bool
    pattern: bool = True
    guaranteed: bool = False
    contract: bool = False
    place: bool = True
    training: bool = False
    progress: bool = False
    shuts_out: bool = False
    puts_off: bool = False


FILLER = (
    "We are a friendly team and our customers come back because they like it here. "
    "You serve people, keep shelves full and help colleagues when it is busy. "
    "You greet everyone, listen to what they need and find it for them. "
    "You keep the place clean and safe, and tell the manager when something is wrong. "
    "We value people who care about what they do and who get on with others. "
)

ADVERTS = (
    Labelled(
        "plain and good",
        "retail",
        "Part-time Shift Leader, Leeds",
        "Pay £13.20 an hour. 20 hours a week, guaranteed, Thursday to Sunday. Permanent. We train"
        " you in paid time, and shift leaders progress to assistant manager.",
        "title",
        "amount",
        number=True,
        contract=True,
        training=True,
        progress=True,
        guaranteed=True,
    ),
    Labelled(
        "refused in so many words",
        "retail",
        "Store Supervisor",
        "Location: Bradford. We cannot offer part-time hours for this role. 39 hours per week."
        " £26,000 per annum.",
        "refused",
        "amount",
        number=True,
        pattern=False,
    ),
    Labelled(
        "no part-time",
        "hospitality",
        "Sous Chef",
        "Full-time, 45 hours a week, no part-time. £30k a year plus tips. Based in York.",
        "refused",
        "amount",
        number=True,
        pattern=False,
    ),
    Labelled(
        "full-time only",
        "social_care",
        "Senior Carer",
        "This is a full-time only position. £12.90ph. Nights. Wakefield.",
        "refused",
        "amount",
        number=False,
    ),
    Labelled(
        "flexible asked, not offered",
        "hospitality",
        "Bar Supervisor",
        "You must be fully flexible and able to work weekends. Competitive salary. Harrogate.",
        "none",
        "vague",
        number=False,
        puts_off=True,
    ),
    Labelled(
        "five from seven",
        "retail",
        "Assistant Manager",
        "40 hours, any 5 from 7 days. Salary up to £27,000. Selby.",
        "none",
        "ceiling",
        number=True,
        pattern=False,
        puts_off=True,
    ),
    Labelled(
        "part-time staff are managed",
        "retail",
        "Store Manager",
        "You will lead a team of 14 part-time colleagues. £32,000 - £35,000. Store in Huddersfield."
        " Permanent, Monday to Saturday.",
        "none",
        "amount",
        number=False,
        contract=True,
    ),
    Labelled(
        "turnover is not pay",
        "retail",
        "Deputy Manager",
        "Help to run our £4m turnover store. £500 welcome bonus. Keighley.",
        "none",
        "none",
        number=False,
        pattern=False,
    ),
    Labelled(
        "only at the end",
        "retail",
        "Visual Merchandiser",
        f"{FILLER}{FILLER}Halifax. We are open to part-time hours.",
        "end",
        "none",
        number=False,
        pattern=False,
    ),
    Labelled(
        "in the middle",
        "retail",
        "Team Leader",
        f"{FILLER}Job share is welcome. Leeds. {FILLER}",
        "middle",
        "none",
        number=False,
        pattern=False,
    ),
    Labelled(
        "first lines",
        "social_care",
        "Care Coordinator",
        "Full or part time considered, from 18 to 30 hours per week. £13.45 per hour. Skipton."
        " Apprenticeship and Care Certificate offered. Sundays shared out.",
        "first",
        "amount",
        number=True,
        training=True,
        contract=True,
    ),
    Labelled(
        "not only full-time",
        "social_care",
        "Team Leader, supported living",
        "This is not only for full-timers: part-time is welcome. Barnsley. £12.75/hr.",
        "first",
        "amount",
        number=False,
        pattern=False,
    ),
    Labelled(
        "a question answered no",
        "hospitality",
        "Head Housekeeper",
        "Looking for part-time? Sorry, not for this job. Ripon. £13 per hour. 40 hours a week.",
        "refused",
        "amount",
        number=True,
        pattern=False,
    ),
    Labelled(
        "not available part-time",
        "hospitality",
        "Restaurant Manager",
        "Part-time is not available. Ilkley. Annual salary £31,500. 45 hours per week over 5 days.",
        "refused",
        "amount",
        number=True,
        pattern=False,
    ),
    Labelled(
        "not suitable for a job share",
        "social_care",
        "Registered Manager",
        "Unfortunately not suitable for job share. Dewsbury. £38,000 p.a. Fixed-term for a year.",
        "refused",
        "amount",
        number=False,
        pattern=False,
        contract=True,
    ),
    Labelled(
        "flexible benefits only",
        "retail",
        "Floor Manager",
        "Flexible benefits and a flexible pension. Competitive pay. Based in Castleford.",
        "none",
        "vague",
        number=False,
        pattern=False,
    ),
    Labelled(
        "flexible working stated",
        "retail",
        "Duty Manager",
        "Talk to us about flexible working. Salary: £24,500 pro rata. Otley. Contract of 30 hours.",
        "first",
        "amount",
        number=True,
        pattern=False,
        guaranteed=True,
    ),
    Labelled(
        "zero hours",
        "hospitality",
        "Waiting staff",
        "Zero hours contract with flexible shifts. £12.21 an hour. Evenings. Bingley.",
        "first",
        "amount",
        number=False,
        contract=True,
    ),
    Labelled(
        "24 hours is not a week",
        "social_care",
        "Night Carer",
        "We give 24 hour care. Call within 48 hours. Real Living Wage paid. Batley.",
        "none",
        "named",
        number=False,
        pattern=True,
    ),
    Labelled(
        "minimum wage named",
        "hospitality",
        "Kitchen Porter",
        "National Minimum Wage. 16-24 hours per week. Mornings. Leeds LS1 4AP.",
        "none",
        "named",
        number=True,
    ),
    Labelled(
        "shuts out returners",
        "social_care",
        "Support Worker",
        "You must have at least 2 years' recent experience in care. £12.60 per hour. Shipley."
        " No gaps in employment.",
        "none",
        "amount",
        number=False,
        pattern=False,
        shuts_out=True,
    ),
    Labelled(
        "experience is a bonus",
        "social_care",
        "Support Worker",
        "Experience is not essential, we train you. £12.60 per hour. Shipley. A break is fine.",
        "none",
        "amount",
        number=False,
        pattern=False,
        training=True,
    ),
    Labelled(
        "coded words",
        "hospitality",
        "Front of house",
        "A young, energetic barman or waitress wanted. Great rates. Pontefract.",
        "none",
        "vague",
        number=False,
        pattern=False,
        puts_off=True,
    ),
    Labelled(
        "young people are clients",
        "social_care",
        "Residential Support Worker",
        "Support young people in our home in Brighouse. £13.10 an hour. 37.5 hours a week.",
        "none",
        "amount",
        number=True,
        pattern=False,
    ),
    Labelled(
        "part-time and full-time posts",
        "hospitality",
        "Receptionists",
        "Full-time or part-time roles, 16, 24 or 40 hours per week. £12.50 p/h. Knaresborough."
        " Earlies and lates.",
        "first",
        "amount",
        number=True,
    ),
    Labelled(
        "sales promotion is no way up",
        "retail",
        "Sales Assistant",
        "Build in-store promotion displays. Training provided. 12.30 per hour. Morley. 16 hour"
        " contract, weekends.",
        "none",
        "amount",
        number=True,
        guaranteed=True,
        training=True,
    ),
    Labelled(
        "promotion is",
        "retail",
        "Sales Assistant",
        "We promote from within: your next step up is team leader. £12.30ph. Morley.",
        "none",
        "amount",
        number=False,
        pattern=False,
        progress=True,
    ),
    Labelled(
        "amount without a period",
        "hospitality",
        "Commis Chef",
        "Pay 12 to 13 depending on age. Rate: £12.40. Wetherby. 30 hours.",
        "none",
        "unclear",
        number=True,
        pattern=False,
    ),
    Labelled(
        "hours that suit the business",
        "retail",
        "Assistant",
        "Working hours to suit the business. £11.95 per hour. Pudsey.",
        "none",
        "amount",
        number=False,
        pattern=False,
        puts_off=True,
    ),
    Labelled(
        "hours that suit the worker",
        "retail",
        "Assistant",
        "We fit around your school run: school hours are fine. £12.21 per hour. Pudsey.",
        "first",
        "amount",
        number=False,
        pattern=False,
    ),
    Labelled(
        "no experience, part-time",
        "hospitality",
        "Barista",
        "No experience needed, part-time, 12 hours a week. £12.21 an hour. Leeds.",
        "first",
        "amount",
        number=True,
        pattern=False,
    ),
    Labelled(
        "nothing at all",
        "hospitality",
        "",
        "Staff wanted for a busy café. Apply inside with your details today.",
        "none",
        "none",
        number=False,
        pattern=False,
        place=False,
    ),
)
