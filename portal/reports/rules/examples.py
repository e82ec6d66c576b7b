"""One example of every picture, with made-up figures: for the gallery, and to test them by eye.

None of the figures is anybody's. Some are withheld on purpose, some are nought or still to come.
"""

from __future__ import annotations

from typing import Any, Final

from portal.reports.rules.document import Column, Section, Table, Unit, Value, Withheld
from portal.reports.rules.readings import pictured

SMALL: Final = Withheld.SMALL
_SECTORS: Final = ("Retail", "Hospitality", "Social care", "Other")
_SECTOR_KEYS: Final = ["retail", "hospitality", "social_care", "other"]
_WORDS: Final = "Ten members are in three groups that are tied."
_MONTHS: Final = tuple(f"2026-{month:02}-01" for month in range(1, 12))
_DIMENSIONS: Final = (
    ("Leadership", 412, 478),
    ("Recruitment", 380, 455),
    ("Job design", 350, 362),
    ("Scheduling", 505, 498),
    ("Line managers", 330, 421),
    ("Training access", 297, 390),
    ("Progression", 241, 318),
    ("Pay and fair treatment", 610, 622),
    ("Voice", 280, SMALL),
    ("Measurement", 205, 205),
)
_NETWORK: Final = {
    "kind": "groups",
    "width": 360,
    "height": 200,
    "lines": [["M100 100L250 80", 3], ["M100 100L200 160", 1.5]],
    "discs": [
        {"x": 100, "y": 100, "radius": 42, "label": "1", "broker": False},
        {"x": 250, "y": 80, "radius": 34, "label": "2", "broker": False},
        {"x": 200, "y": 160, "radius": 26, "label": "3", "broker": False},
    ],
    "dots": "M90 90h0M110 120h0M245 70h0M260 95h0M205 150h0",
    "dot_size": 6,
    "broker_dots": "M120 80h0",
    "alone": [],
}


def _table(key: str, title: str, columns: dict[str, tuple[str, Unit]], *rows: Any) -> Table:
    return Table(
        key,
        title,
        tuple(Column(name, label, unit, label) for name, (label, unit) in columns.items()),
        tuple(tuple(row) for row in rows),
    )


def gallery() -> Section:
    """Every kind of picture once or more."""
    drawn = _drawn()
    return Section(
        "gallery",
        "Every kind of picture",
        tables=tuple(table for _, table, _ in drawn),
        pictures=tuple(
            pictured(f"{kind.replace('_', '-')}-{place}", kind, table.title, table, **spec)
            for place, (kind, table, spec) in enumerate(drawn)
        ),
    )


def _drawn() -> tuple[tuple[str, Table, dict[str, Any]], ...]:
    """Each kind with a table and what it is drawn of."""
    outputs = {"what": "outputs", "label": "type", "value": "n", "target": "target"}
    share = {"what": "share", "label": "group", "value": "share", "target": "target"}
    profile = {"what": "engagements", "label": "month", "actual": "actual", "profile": "profile"}
    moved = {"what": "dimensions", "label": "dimension", "earlier": "first", "later": "latest"}
    return (
        ("bars", _sectors(), _of("employers engaged", "sector")),
        ("bars", _targets(), outputs),
        ("bars", _hard_to_reach(), {**share, "low": "low", "high": "high"}),
        ("months", _sessions(), {**_of("sessions", "month"), "running": True}),
        ("histogram", _scores(), _of("employers", "band")),
        ("small_multiples", _weak(), _each("average score", "dimension", 3)),
        ("small_multiples", _by_month(), _each("employers engaged", "month", 4)),
        ("dots", _views(), _side_by_side()),
        ("tile_map", _districts(), _of("employers", "district")),
        ("burn_up", _profile(), profile),
        ("funnel", _steps(), {**_of("cases referred", "step"), "days": "days"}),
        ("slope", _moves(), {**moved, "n": 64}),
        ("network", _groups(), {"words": _WORDS, "drawing": _NETWORK}),
        ("bars", _nothing(), _of("outcomes", "sector")),
    )


def _of(what: str, label: str) -> dict[str, Any]:
    return {"what": what, "label": label, "value": "n"}


def _each(what: str, label: str, sectors: int) -> dict[str, Any]:
    return {"what": what, "label": label, "values": _SECTOR_KEYS[:sectors], "panels": "columns"}


def _side_by_side() -> dict[str, Any]:
    groups = ["owners", "managers", "staff"]
    return {"what": "agreement", "label": "statement", "values": groups}


def _sectors() -> Table:
    columns = {"sector": ("Sector", Unit.TEXT), "n": ("Employers", Unit.COUNT)}
    rows = zip(_SECTORS, (84, 61, 84, 0), strict=True)
    return _table("sectors", "Employers engaged by sector", columns, *rows)


def _targets() -> Table:
    columns = {
        "type": ("Output", Unit.TEXT),
        "n": ("Delivered", Unit.COUNT),
        "target": ("Target", Unit.COUNT),
    }
    return _table(
        "targets",
        "Outputs against target",
        columns,
        ("Employers receiving advice", 142, 120),
        ("Assessment sessions held", 96, 110),
        ("Support delivered", 31, 90),
        ("Champions created", SMALL, 12),
    )


def _hard_to_reach() -> Table:
    columns = {"group": ("Group", Unit.TEXT)} | {
        name: (label, Unit.PER_MILLE)
        for name, label in (
            ("share", "Hard to reach"),
            ("low", "From"),
            ("high", "To"),
            ("target", "Target"),
        )
    }
    row = ("Of employers engaged", 382, 317, 452, 400)
    return _table("hard", "Hard-to-reach share of engagements", columns, row)


def _sessions() -> Table:
    columns = {"month": ("Month", Unit.MONTH), "n": ("Sessions", Unit.COUNT)}
    numbers = (4, 9, 12, 15, 14, 20, 18, 7, 22, 25, 6)
    return _table("sessions", "Sessions by month", columns, *zip(_MONTHS, numbers, strict=True))


def _scores() -> Table:
    columns = {"band": ("Score", Unit.TEXT), "n": ("Employers", Unit.COUNT)}
    bands = [f"{low} to {low + (10 if low == 90 else 9)}" for low in range(0, 100, 10)]  # noqa: PLR2004
    numbers = (2, 9, 21, 38, 52, 47, 33, 14, SMALL, 1)
    return _table(
        "scores", "Scores at the first diagnostic", columns, *zip(bands, numbers, strict=True)
    )


def _by_sector(label: str, unit: Unit, figures: Unit) -> dict[str, tuple[str, Unit]]:
    named = zip(_SECTOR_KEYS, _SECTORS, strict=True)
    return {label.lower(): (label, unit)} | {key: (title, figures) for key, title in named}


def _weak() -> Table:
    rows = []
    for place, (title, first, _) in enumerate(_DIMENSIONS):
        care = SMALL if place == 3 else first - 15  # noqa: PLR2004 - one is withheld
        rows.append((title, first, first - 60 + 9 * place, care, first + 20))
    columns = _by_sector("Dimension", Unit.TEXT, Unit.TENTHS)
    return _table("weak", "Average score by dimension and sector", columns, *rows)


def _by_month() -> Table:
    numbers = (4, 9, 12, 15, 14, 20, 18, 7, 22, 25, 6)
    rows = [
        (month, n, n // 2 + place, SMALL if place == 7 else 20 - place, place % 3)  # noqa: PLR2004
        for place, (month, n) in enumerate(zip(_MONTHS, numbers, strict=True))
    ]
    columns = _by_sector("Month", Unit.MONTH, Unit.COUNT)
    return _table("by_month", "Employers engaged by sector and month", columns, *rows)


def _views() -> Table:
    columns = {"statement": ("Statement", Unit.TEXT)} | {
        name.lower(): (name, Unit.PER_MILLE) for name in ("Owners", "Managers", "Staff")
    }
    return _table(
        "views",
        "Three views of one practice",
        columns,
        ("Part-timers hear of every vacancy", 900, 750, 420),
        ("Training is in paid time", 640, 610, 580),
        ("Rotas come two weeks ahead", 800, 800, 355),
        ("Managers talk about progression", 700, 550, SMALL),
    )


def _districts() -> Table:
    columns = {"district": ("District", Unit.TEXT), "n": ("Employers", Unit.COUNT)}
    rows: tuple[tuple[str, Value], ...] = (
        ("Barnsley", 12),
        ("Bradford", 41),
        ("Calderdale", 18),
        ("Craven", SMALL),
        ("Harrogate", 14),
        ("Kirklees", 27),
        ("Leeds", 64),
        ("Selby", 0),
        ("Wakefield", 22),
        ("York", 31),
        ("Outside the area", 3),
    )
    return _table("districts", "Employers by district", columns, *rows)


def _profile() -> Table:
    columns = {
        "month": ("Month", Unit.MONTH),
        "actual": ("Engaged so far", Unit.COUNT),
        "profile": ("Profile", Unit.COUNT),
    }
    actual = (3, 8, 15, 26, 38, 51, 60, 72, None, None, None)
    rows = zip(_MONTHS, actual, range(10, 120, 10), strict=True)
    return _table("profile", "Engagements against the profile", columns, *rows)


def _steps() -> Table:
    columns = {
        "step": ("Step", Unit.TEXT),
        "n": ("Cases", Unit.COUNT),
        "days": ("Median days", Unit.DAYS),
    }
    return _table(
        "steps",
        "From referral to embedded practice",
        columns,
        ("Referred", 240, None),
        ("Accepted", 214, 3),
        ("Consulted", 180, 9),
        ("Diagnostic session", 131, 21),
        ("Action plan", 120, 12),
        ("Support delivered", 88, 35),
        ("Followed up", 41, 92),
        ("Practice embedded", 17, 0),
    )


def _moves() -> Table:
    columns = {
        "dimension": ("Dimension", Unit.TEXT),
        "first": ("First", Unit.TENTHS),
        "latest": ("Latest", Unit.TENTHS),
    }
    return _table("moves", "First and latest diagnostic", columns, *_DIMENSIONS)


def _groups() -> Table:
    columns = {"group": ("Group", Unit.TEXT), "n": ("Members", Unit.COUNT)}
    rows = (("1: Retail, Leeds", 5), ("2: Social care, Leeds", 3), ("3: Retail, York", 2))
    return _table("groups", "The network by sector and district", columns, *rows)


def _nothing() -> Table:
    columns = {"sector": ("Sector", Unit.TEXT), "n": ("Outcomes", Unit.COUNT)}
    return _table("nothing", "Where there is nothing yet", columns)
