"""The same measures by sector, size, district, provider, source, hard-to-reach and month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from portal.caseload.rules.words import SOURCE_KINDS
from portal.payments.rules.words import ENGAGEMENT
from portal.reports.rules.document import Column, Picture, Section, Table, Unit, Value
from portal.reports.rules.programme.data import Data, groups
from portal.reports.rules.programme.measures import MEASURES
from portal.reports.rules.programme.tables import measured, table, text
from portal.reports.rules.programme.tally import Sum
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import share

_Group = Mapping[str, Sum]
_PLACES: Final = (
    ("sector", "Sector", "sectors"),
    ("size", "Size", "tiers"),
    ("district", "District", "districts"),
)
_PLACE_COLUMNS: Final = (
    *("registered", "strand_1", "advised", "sessions", "support", "engagements"),
    *("other_outputs", "worth", "embedded"),
)


def _n(found: _Group, key: str) -> int:
    return found[key].n if key in found else 0


def _amount(found: _Group, key: str) -> int:
    return found[key].amount if key in found else 0


def _place_values(data: Data, by: str) -> dict[str, Callable[[str], Value]]:
    """How each column of a table by sector, size or district finds its number."""
    firsts, outputs = data.tally("firsts"), data.tally("outputs")
    every, paid = outputs.per(by), outputs.per(by, kind=ENGAGEMENT)
    plain = {
        "registered": firsts.per(by, kind="registered"),
        "strand_1": firsts.per(by, kind="strand_1"),
        "advised": firsts.per(by, kind="advised"),
        "sessions": data.tally("sessions").per(by),
        "support": data.tally("support").per(by),
        "engagements": paid,
        "embedded": data.tally("arrivals").per(by, kind="embedded"),
    }
    return {
        **{name: partial(_n, found) for name, found in plain.items()},
        "other_outputs": lambda key: _n(every, key) - _n(paid, key),
        "worth": lambda key: _amount(every, key),
    }


def _place(data: Data, by: str, label: str, choices: Sequence[tuple[str, str]]) -> Table:
    values = _place_values(data, by)
    names = ("firsts", "sessions", "support", "outputs", "arrivals")
    keys = groups(choices, [key for name in names for key in data.tally(name).per(by)])
    return table(
        f"by-{by}",
        f"By {label.lower()}",
        (text(by, label, f"{label} of the employer."), *measured(*_PLACE_COLUMNS)),
        [(title, *(values[name](key) for name in _PLACE_COLUMNS)) for key, title in keys],
        drills=[data.drill("employers", **{"kind": "advised", by: key}) for key, _ in keys],
        note="Outputs stand under the groups frozen on their day, the rest under today's.",
    )


def _own(data: Data, by: str, label: str, choices: Sequence[tuple[str, str]]) -> Table:
    """A provider's outputs by sector, size or district: what is counted of one provider alone."""
    work = data.tally("hard" if by == "size" else "work_places")
    every, paid = work.per(by), work.per(by, kind=ENGAGEMENT)
    keys = groups(choices, every)
    return table(
        f"by-{by}",
        f"Outputs by {label.lower()}",
        (
            text(by, label, f"{label} as frozen on the output."),
            *measured("engagements", "other_outputs", "worth"),
        ),
        [
            (title, _n(paid, key), _n(every, key) - _n(paid, key), _amount(every, key))
            for key, title in keys
        ],
        drills=[data.drill("outputs", **{by: key}) for key, _ in keys],
    )


def _providers(data: Data) -> Table:
    names = ("referrals_p", "steps_p", "consultations_p", "sessions_p", "deliveries_p", "outputs_p")
    keys = {key for name in names for key in data.tally(name).per("provider")}
    known = [(str(one), title) for one, title in data.providers.items() if str(one) in keys]
    referrals = data.tally("referrals_p").per("provider")
    opened = data.tally("steps_p").per("provider", kind="accepted")
    outputs = data.tally("outputs_p")
    every, paid = outputs.per("provider"), outputs.per("provider", kind=ENGAGEMENT)
    held = [
        data.tally(name).per("provider")
        for name in ("consultations_p", "sessions_p", "deliveries_p")
    ]
    embedded = data.tally("arrivals_p").per("provider", kind="embedded")
    rows: list[tuple[Value, ...]] = [
        (
            title,
            _n(referrals, key),
            _n(opened, key),
            *(_n(found, key) for found in held),
            _n(paid, key),
            _n(every, key) - _n(paid, key),
            _amount(every, key),
            _n(embedded, key),
        )
        for key, title in [*known, *([("", "No provider yet")] if "" in keys else [])]
    ]
    return table(
        "by-provider",
        "By provider",
        (
            text("provider", "Provider", "Who did the work, also under another's contract."),
            *measured("referrals", "opened", "consultations", "sessions", "deliveries"),
            *measured("engagements", "other_outputs", "worth", "embedded"),
        ),
        rows,
        drills=[data.drill("outputs", provider=key) for key, _ in known]
        + ([None] if "" in keys else []),
    )


def _sources(data: Data) -> Table:
    referrals = data.tally("referrals_s").per("source")
    opened = data.tally("steps_s").per("source", kind="accepted")
    sessions = data.tally("sessions_s").per("source")
    outputs = data.tally("outputs_s")
    every, paid = outputs.per("source"), outputs.per("source", kind=ENGAGEMENT)
    embedded = data.tally("arrivals_s").per("source", kind="embedded")
    keys = groups(SOURCE_KINDS.items(), [*referrals, *opened, *sessions, *every, *embedded])
    return table(
        "by-source",
        "By source of the referral",
        (
            text("source", "Source", "The kind of body that referred the employer."),
            *measured("referrals", "opened", "sessions", "engagements", "worth", "embedded"),
        ),
        [
            (
                title,
                _n(referrals, key),
                _n(opened, key),
                _n(sessions, key),
                _n(paid, key),
                _amount(every, key),
                _n(embedded, key),
            )
            for key, title in keys
        ],
        drills=[data.drill("referrals", source=key) for key, _ in keys],
    )


def _hard(data: Data) -> Table:
    tally = data.tally("hard")
    every, paid = tally.per("hard"), tally.per("hard", kind=ENGAGEMENT)
    engagements = sum(one.n for one in paid.values())
    keys = (("yes", "Hard to reach"), ("no", "Others"))
    return table(
        "by-hard",
        "By whether hard to reach",
        (
            text("hard", "Employers", "As frozen on the output."),
            MEASURES["engagements"].column,
            Column("share", "Of engagements", Unit.PER_MILLE, "As a share of all engagements."),
            *measured("other_outputs", "worth"),
        ),
        [
            (
                title,
                _n(paid, key),
                share(_n(paid, key), engagements),
                _n(every, key) - _n(paid, key),
                _amount(every, key),
            )
            for key, title in keys
        ],
        drills=[data.drill("outputs", hard=key) for key, _ in keys],
    )


def _months(data: Data) -> Table:
    firsts, outputs = data.tally("firsts_m"), data.tally("outputs_m")
    every, paid = outputs.per("month"), outputs.per("month", kind=ENGAGEMENT)
    plain: dict[str, _Group] = {"referrals": data.tally("referrals_m").per("month")}
    if data.has("firsts_m"):
        plain["strand_1"] = firsts.per("month", kind="strand_1")
        plain["advised"] = firsts.per("month", kind="advised")
    plain["sessions"] = data.tally("sessions_m").per("month")
    plain["support"] = data.tally("support_m").per("month")
    plain["engagements"] = paid
    embedded = data.tally("arrivals_m").per("month", kind="embedded")
    return table(
        "by-month",
        "By month",
        (
            Column("month", "Month", Unit.MONTH, "The month."),
            *measured(*plain, "other_outputs", "worth", "embedded"),
        ),
        [
            (
                key,
                *(_n(found, key) for found in plain.values()),
                _n(every, key) - _n(paid, key),
                _amount(every, key),
                _n(embedded, key),
            )
            for key in (month.isoformat() for month in data.months)
        ],
        note="The last month is not over yet." if data.running else "",
    )


def _sector_months(data: Data) -> Table:
    """Employers receiving advice, month by month in each sector."""
    firsts = data.tally("firsts_m")
    keys = groups(data.titles.sectors, firsts.per("sector", kind="advised"))
    found = {key: firsts.per("month", kind="advised", sector=key) for key, _ in keys}
    return table(
        "sector-months",
        "Employers receiving advice by sector and month",
        (
            Column("month", "Month", Unit.MONTH, "The month."),
            *(
                Column(key, title, Unit.COUNT, f"{title}: {MEASURES['advised'].definition}")
                for key, title in keys
            ),
        ),
        [
            (month, *(_n(found[key], month) for key, _ in keys))
            for month in (month.isoformat() for month in data.months)
        ],
    )


def _bar(made: Table, key: str, kind: str, title: str, value: str, what: str) -> Picture:
    return pictured(key, kind, title, made, what=what, label=made.columns[0].key, value=value)


def _whole_programme(data: Data) -> tuple[list[Table], list[Picture]]:
    titles = {name: getattr(data.titles, name) for _, _, name in _PLACES}
    places = {by: _place(data, by, label, titles[name]) for by, label, name in _PLACES}
    several = _sector_months(data)
    tables = [several, *places.values()]
    pictures = [
        pictured(
            "sector-months",
            "small_multiples",
            "Employers receiving advice, month by month in each sector",
            several,
            what="employers receiving advice",
            label="month",
            values=[column.key for column in several.columns[1:]],
            panels="columns",
        ),
        _engagements(places["size"], "by-size", "Engagements by size"),
        _bar(
            places["district"],
            "by-district",
            "tile_map",
            "Employers receiving advice by district",
            "advised",
            "employers receiving advice",
        ),
    ]
    return tables, pictures


def _of_provider(data: Data) -> tuple[list[Table], list[Picture]]:
    titles = {name: getattr(data.titles, name) for _, _, name in _PLACES}
    tables = [_own(data, by, label, titles[name]) for by, label, name in _PLACES]
    return tables, [_engagements(tables[0], "by-sector", "Engagements by sector")]


def _engagements(made: Table, key: str, title: str) -> Picture:
    return _bar(made, key, "bars", title, "engagements", "engagements")


def _of_everybody(data: Data) -> tuple[list[Table], list[Picture]]:
    """By provider and by source, where the report is about the whole programme."""
    if not data.whole:
        return [], []
    providers, sources = _providers(data), _sources(data)
    return [providers, sources], [
        _engagements(providers, "by-provider", "Engagements by provider"),
        _bar(sources, "by-source", "bars", "Referrals by source", "referrals", "referrals"),
    ]


def section(data: Data) -> Section:
    """Every breakdown that the scope has."""
    tables, pictures = _whole_programme(data) if data.scope.provider is None else _of_provider(data)
    more, drawn = _of_everybody(data)
    months = _months(data)
    by_month = pictured(
        "by-month",
        "months",
        "Engagements by month",
        months,
        what="engagements",
        label="month",
        value="engagements",
        running=data.running,
    )
    return Section(
        "breakdowns",
        "Who was reached, where and when",
        "The same figures by group. The groups of a table add up to its total.",
        tables=(*tables, *more, *([_hard(data)] if data.has("hard") else []), months),
        pictures=(*pictures, *drawn, by_month),
        notes=_notes(data),
    )


def _notes(data: Data) -> tuple[str, ...]:
    if data.scope.provider is not None:
        return (
            (
                "Of one provider, sectors, sizes and districts are counted for outputs only, and "
                "sources not at all."
            ),
        )
    if data.scope.filtered:
        return (
            (
                "Providers and sources are not counted by sector, size or district: clear the "
                "filters to see them."
            ),
        )
    return ()
