"""The logic model: what goes in, what is done, what comes of it, and what employers change."""

from __future__ import annotations

from typing import Final

from portal.reports.rules.document import Column, Figure, Section, Unit, Value
from portal.reports.rules.programme.data import Data
from portal.reports.rules.programme.measures import MEASURES
from portal.reports.rules.programme.tables import table, text

ENGAGEMENT: Final = "engagement"
_ARRIVALS: Final = {"plans": "plan", "followed": "followed", "embedded": "embedded"}
_PART: Final = "This part is about the whole programme: it is not shown for one provider."


def total(data: Data, key: str) -> int | None:  # noqa: PLR0911 - a case for each place it is kept
    """A measure for the whole report; nothing where the scope has no such count."""
    if key in {"registered", "diagnosed", "strand_1", "champions", "advised"}:
        kind = "champion" if key == "champions" else key
        return data.sum("firsts", kind=kind).n if data.has("firsts") else None
    if key in _ARRIVALS:
        return data.sum("arrivals", kind=_ARRIVALS[key]).n
    if key == "engagements":
        return data.sum("outputs", kind=ENGAGEMENT).n
    if key == "other_outputs":
        return data.sum("outputs").n - data.sum("outputs", kind=ENGAGEMENT).n
    if key == "worth":
        return data.sum("outputs").amount
    if key == "people":
        return data.sum("support").amount
    if key == "paid":
        return paid(data)
    if key == "opened":
        return data.sum("steps", kind="accepted").n
    if key == "distributed":
        return data.sum("reach", kind="reached").n if data.has("reach") else None
    return data.sum(key).n if data.has(key) else None


def paid(data: Data) -> int:
    """Pence paid for outputs, less what came back."""
    return net(
        data.sum("paid", kind="pay").amount,
        data.sum("paid", kind="recover").amount,
        data.sum("paid", kind="adjust").amount,
    )


def net(pay: int, recovered: int, given_back: int) -> int:
    """What stays paid: less what was recovered, plus what of that was given back."""
    return pay - recovered + given_back


def minutes(data: Data) -> int:
    """Minutes of advisers and trainers with employers."""
    names = ("contacts", "consultations", "sessions", "deliveries")
    return sum(data.sum(name).amount for name in names)


def _figure(data: Data, key: str, what: str | None, **values: str) -> Figure | None:
    value = total(data, key)
    if value is None:
        return None
    return MEASURES[key].figure(value, drill=data.drill(what, **values) if what else None)


def _known(*figures: Figure | None) -> tuple[Figure, ...]:
    return tuple(figure for figure in figures if figure is not None)


def inputs(data: Data) -> Section:
    """What goes in: money, contracts, advisers' time."""
    figures: list[Figure] = []
    if not data.scope.filtered:
        figures = [
            MEASURES["budget"].figure(sum(one.cap for one in data.contracts)),
            MEASURES["contracts"].figure(len(data.contracts)),
        ]
    if not data.scope.filtered:
        figures.append(MEASURES["time"].figure(minutes(data)))
    figures += _known(_figure(data, "paid", None))
    return Section(
        "inputs",
        "Inputs: what goes in",
        "Money, contracts, and the time of advisers with employers.",
        figures=tuple(figures),
        notes=()
        if not data.scope.filtered
        else (
            (
                "Budgets, contracts and advisers' time belong to no sector, size or district: "
                "they are not shown for a part of the employers."
            ),
        ),
    )


def activities(data: Data) -> Section:
    """What is done with it."""
    return Section(
        "activities",
        "Activities: what is done",
        "From the first referral to the follow-up, as it was recorded.",
        figures=_known(
            _figure(data, "referrals", "referrals"),
            _figure(data, "opened", "cohort", kind="accepted"),
            _figure(data, "contacts", "contacts"),
            _figure(data, "consultations", "consultations"),
            _figure(data, "plans", "arrived", kind="plan"),
            _figure(data, "followed", "arrived", kind="followed"),
        ),
    )


def strand_1(data: Data) -> Section | None:
    """Outputs of promotion and the network; no provider's own."""
    if data.scope.provider is not None:
        return None
    return Section(
        "strand-1",
        "Outputs, Strand 1: promotion and the network",
        "What promotion and the employer network brought about.",
        figures=_known(
            _figure(data, "strand_1", "employers", kind="strand_1"),
            _figure(data, "distributed", None),
            _figure(data, "activities", "events"),
            _figure(data, "champions", "employers", kind="champion"),
        ),
        notes=()
        if data.whole
        else (
            (
                "Resources distributed and network activities belong to no single employer: "
                "they are not shown for a part of the employers."
            ),
        ),
    )


def strand_2(data: Data) -> Section:
    """Outputs of direct support."""
    return Section(
        "strand-2",
        "Outputs, Strand 2: support for employers",
        "Advice, assessment sessions and support delivered, and what of it can be paid for.",
        figures=_known(
            _figure(data, "advised", "employers", kind="advised"),
            _figure(data, "sessions", "sessions"),
            _figure(data, "deliveries", "deliveries"),
            _figure(data, "support", "support"),
            _figure(data, "people", "support"),
            _figure(data, "engagements", "outputs", kind=ENGAGEMENT),
            _figure(data, "other_outputs", "outputs", kind="support"),
            _figure(data, "worth", "outputs"),
        ),
        notes=()
        if data.has("deliveries")
        else (
            (
                "One piece of support may be for several employers: here it is counted by "
                "the employers who came only."
            ),
        ),
    )


def outcomes(data: Data) -> Section:
    """What employers changed, as far as the programme's own records tell."""
    return Section(
        "outcomes-start",
        "Outcomes: what lasted",
        "Practices that follow-ups found to be usual. The portal has no employers to compare with, "
        "so it says what changed, never why.",
        figures=_known(
            _figure(data, "diagnosed", "employers", kind="diagnosed"),
            _figure(data, "embedded", "arrived", kind="embedded"),
        ),
    )


# The stages of the logic model with their measures, in the order in which they follow.
_STAGES: Final = (
    ("Inputs", ("budget", "contracts", "time", "paid")),
    ("Activities", ("referrals", "opened", "contacts", "consultations", "plans", "followed")),
    ("Outputs, Strand 1", ("strand_1", "distributed", "activities", "champions")),
    ("Outputs, Strand 2", ("advised", "sessions", "deliveries", "engagements", "worth")),
    ("Outcomes", ("embedded",)),
)


def summary(data: Data, sections: tuple[Section, ...]) -> Section:
    """The whole model as one table: the figures of the sections after it."""
    known = {figure.key: figure for section in sections for figure in section.figures}
    columns = (
        text("what", "What", "What is counted; defined beside the figure of the same name."),
        text("stage", "Stage", "The stage of the logic model."),
        Column("number", "Number", Unit.COUNT, "How many, where things are counted."),
        Column("money", "Money", Unit.PENCE, "How much, where it is money."),
        Column("time", "Time", Unit.MINUTES, "How long, where it is time."),
    )
    rows: list[tuple[Value, ...]] = []
    drills = []
    for stage, keys in _STAGES:
        for figure in (known[key] for key in keys if key in known):
            by_unit = (
                figure.value if figure.unit is unit else None
                for unit in (Unit.COUNT, Unit.PENCE, Unit.MINUTES)
            )
            rows.append((figure.label, stage, *by_unit))
            drills.append(figure.drill)
    notes = () if data.scope.provider is None else (f"Strand 1 and reach: {_PART}",)
    return Section(
        "logic",
        "The logic model",
        "Inputs pay for activities; activities lead to outputs; outputs should help employers to "
        "change their practice, which is an outcome. One step does not prove the next.",
        tables=(
            table("logic", "The logic model in figures", columns, rows, total=False, drills=drills),
        ),
        notes=notes,
    )
