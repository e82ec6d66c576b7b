"""What is counted, in words: the same words wherever a figure of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.reports.rules.document import Column, Drill, Figure, Unit, Value

_MONTH: Final = "Months are London's."
_TODAY: Final = "Sector, size and district are those on the employer's record today."
_FROZEN: Final = "Sector, size and district are those frozen on the day of the work."


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is counted: its name, what it is, and how it is counted and dated."""

    key: str
    label: str
    definition: str
    rule: str
    source: str
    unit: Unit = Unit.COUNT

    def figure(self, value: Value, *, drill: Drill | None = None, note: str = "") -> Figure:
        """It as a figure."""
        return Figure(
            self.key,
            self.label,
            value,
            self.unit,
            self.definition,
            self.rule,
            self.source,
            note=note,
            drill=drill,
        )

    @property
    def column(self) -> Column:
        """It as a column of a table."""
        return Column(self.key, self.label, self.unit, f"{self.definition} {self.rule}")


def _named(*measures: Measure) -> Mapping[str, Measure]:
    return {one.key: one for one in measures}


MEASURES: Final = _named(
    Measure(
        "budget",
        "Budget of contracts",
        "What providers may be paid at most under the contracts in force in the period.",
        "The full cap of every contract of which a day lies in the period, as varied until now.",
        "Contracts",
        Unit.PENCE,
    ),
    Measure(
        "contracts",
        "Contracts",
        "Contracts with providers that were in force in the period.",
        "Counted when a day of the contract lies in the period; drafts are not.",
        "Contracts",
    ),
    Measure(
        "time",
        "Advisers' time with employers",
        "Time that advisers and trainers spent with employers.",
        "Minutes of conversations, consultations, in-depth sessions and support, as recorded, in "
        f"the month they were held. Travel, preparation and follow-ups are not in it. {_MONTH}",
        "Contacts, consultations, in-depth sessions and support",
        Unit.MINUTES,
    ),
    Measure(
        "referrals",
        "Referrals received",
        "Employers sent to the service, or that came by themselves, whatever became of it.",
        f"Each referral once, in the month it was received. {_MONTH}",
        "Referrals",
    ),
    Measure(
        "contacts",
        "Conversations",
        "Calls, visits, video calls and e-mails in which an employer was reached.",
        f"Each once, in the month it was held; tries and notes are not counted. {_MONTH}",
        "Contacts of cases",
    ),
    Measure(
        "consultations",
        "Phone consultations",
        "First consultations with employers, in which they say what they need.",
        f"Each once however often its record was corrected, in the month it was held. {_MONTH}",
        "Consultations of cases",
    ),
    Measure(
        "registered",
        "Employers on record",
        "Employers that came onto the portal's record.",
        f"Each employer once, in the month of its record; merged records count once. {_TODAY}",
        "Employers",
    ),
    Measure(
        "diagnosed",
        "Employers with a diagnostic",
        "Employers that completed a diagnostic of their practice.",
        f"Each employer once, in the month of its first completed diagnostic. {_TODAY}",
        "Diagnostics",
    ),
    Measure(
        "strand_1",
        "Employers engaged in the network",
        "Employers that joined the employer network or came to one of its events.",
        f"Each employer once, in the month it first did either. {_TODAY}",
        "Network members and attendance at events",
    ),
    Measure(
        "distributed",
        "Resources distributed",
        "Visitors who viewed, downloaded or completed a resource of the library.",
        "Each visitor once a day for each resource, whatever they did with it. Nobody is "
        "identified, so the same person on two days counts twice.",
        "Reach of the library",
    ),
    Measure(
        "activities",
        "Network activities",
        "Events of the network that took place.",
        f"Each event once, in its month, when at least one person came. {_MONTH}",
        "Events and check-in",
    ),
    Measure(
        "champions",
        "Champions created",
        "Employers recognised as champions of part-time talent.",
        f"Each employer once, in the month it was first recognised. {_TODAY}",
        "Awards",
    ),
    Measure(
        "advised",
        "Employers receiving advice",
        "Employers that had a consultation, an in-depth session or support.",
        f"Each employer once, in the month of the first of these. {_TODAY}",
        "Consultations, in-depth sessions and support",
    ),
    Measure(
        "sessions",
        "Assessment sessions",
        "In-depth diagnostic sessions of an adviser with an employer, in person or by video.",
        f"Each session once, in the month it was held; withdrawn ones are not counted. {_TODAY}",
        "In-depth sessions of cases",
    ),
    Measure(
        "deliveries",
        "Support delivered",
        "Training sessions, workshops, consultancy and coaching delivered.",
        "Each once however many employers came, in the month it was delivered; withdrawn ones are "
        "not counted.",
        "Support",
    ),
    Measure(
        "support",
        "Employers at support",
        "Employers at training sessions, workshops, consultancy and coaching.",
        "Each employer once for each time it came, in the month of the support. Sector and size "
        "are those noted with the attendance, the district is today's.",
        "Attendance at support",
    ),
    Measure(
        "people",
        "People at support",
        "People of employers who attended training, workshops, consultancy and coaching.",
        "As recorded at each; the same person at two counts twice.",
        "Attendance at support",
    ),
    Measure(
        "engagements",
        "Engagements",
        "Businesses in a target sector that took part in an initial diagnostic session.",
        "Once a business, on the day of the session, when everything that makes it payable is "
        f"there; withdrawn ones are not counted. {_FROZEN}",
        "Outputs",
    ),
    Measure(
        "other_outputs",
        "Other paid outputs",
        "Training sessions, workshops, consultancy and coaching that can be paid for.",
        f"Each once, on the day it was delivered; withdrawn ones are not counted. {_FROZEN}",
        "Outputs",
    ),
    Measure(
        "worth",
        "Price of outputs",
        "What the outputs of the period are worth by the rates frozen on them.",
        "Rate and bonus of every output, in the month of its work, whether or not it is claimed or "
        f"paid yet. {_FROZEN}",
        "Outputs",
        Unit.PENCE,
    ),
    Measure(
        "paid",
        "Paid to providers",
        "Money that went to providers for outputs, less what came back.",
        "Payments less recoveries, plus what was given back again, in the month of each entry of "
        f"the ledger. Work is paid some weeks after it was done. {_MONTH}",
        "Ledger",
        Unit.PENCE,
    ),
    Measure(
        "opened",
        "Cases opened",
        "Employers that a provider took on.",
        f"Each case once, in the month it was opened. {_TODAY}",
        "Cases",
    ),
    Measure(
        "plans",
        "Action plans agreed",
        "Cases in which employer and adviser agreed a plan of action.",
        f"Each case once, in the month of its first agreed plan. {_TODAY}",
        "Milestones of cases",
    ),
    Measure(
        "followed",
        "Employers followed up",
        "Cases in which an adviser asked, months after the plan, what had lasted.",
        f"Each case once, in the month of its first follow-up. {_TODAY}",
        "Follow-ups",
    ),
    Measure(
        "embedded",
        "Employers with a practice embedded",
        "Cases in which a follow-up found at least one practice of the plan to be usual now.",
        f"Each case once, in the month of the first follow-up that found one. {_TODAY}",
        "Answers at follow-ups",
    ),
)
