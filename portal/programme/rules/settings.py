"""Programme settings, checked when they are read, and what follows from them.

The figures come from the service's design: part-time is fewer than 30 hours a week, the target
sectors are retail (SIC division 47), hospitality (55, 56) and social care (87, 88), an SME has
fewer than 250 employees. Each can be replaced from a date on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from portal.kernel.money import Money

DATA = Path(__file__).resolve().parent.parent / "data"
OTHER_SECTOR = "other"
OUTSIDE = "outside"
_OUTSIDE_TITLE = "Outside the area"
_OTHER_TITLE = "Another sector"
MAX_HOURS_A_WEEK = 168
# No result of a survey of workers may ever rest on fewer, whatever the programme sets.
LEAST_PULSE = 5
# Below this, what stands beside a small number protects nobody.
LEAST_STATISTICS = 3


class SettingsError(ValueError):
    """A setting that cannot hold; the message names the key and what it should be."""


@dataclass(frozen=True, slots=True)
class Sector:
    """A target sector: its key, its title on screen, and its two-digit SIC 2007 divisions."""

    key: str
    title: str
    divisions: frozenset[str]


@dataclass(frozen=True, slots=True)
class District:
    """A local authority district of the area."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Area:
    """The programme's area. ``outward`` maps an outward postcode to the district it suggests."""

    title: str
    districts: tuple[District, ...]
    outward: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SizeTier:
    """Employers with at least this many employees, up to the next tier."""

    key: str
    title: str
    at_least: int


@dataclass(frozen=True, slots=True)
class ProgrammeSettings:
    """Every setting as it holds on one day.

    ``part_time_hours``: part-time is fewer hours a week than this. ``low_pay``: an amount an hour;
    ``low_pay_is_example`` until the LEP has set its own. ``sme_limit``: an SME has fewer employees.
    ``minimum_comparison_group``: employers behind any comparison that is shown.
    ``minimum_pulse_answers``: answers behind any result of a survey of workers.
    ``minimum_pulse_employers``: employers behind any result over several such surveys.
    ``statistics_threshold``: employers behind any number of the released statistics.
    ``statistics_rounding``: released numbers are rounded to multiples of it; 1 changes nothing.
    ``programme_key``: an employer has one open case in a programme.
    ``referral_working_days``: a referral nobody decides expires after so many working days.
    ``quiet_days``: a case without contact for so many days is listed.
    ``confirmation_days``: an employer's link to confirm something works for so many days.
    ``follow_up_months``: when after the plan is agreed an employer is asked what has lasted.
    ``claim_close_working_days``: a claim month closes so many working days after its end.
    ``retention_months``: how long each class of records keeps its personal data.
    """

    part_time_hours: int
    low_pay: Money
    low_pay_is_example: bool
    sectors: tuple[Sector, ...]
    area: Area
    size_tiers: tuple[SizeTier, ...]
    sme_limit: int
    minimum_comparison_group: int
    minimum_pulse_answers: int
    minimum_pulse_employers: int
    statistics_threshold: int
    statistics_rounding: int
    programme_key: str
    programme_title: str
    referral_working_days: int
    quiet_days: int
    confirmation_days: int
    follow_up_months: tuple[int, ...]
    claim_close_working_days: int
    retention_months: Mapping[str, int]

    def sector_title(self, key: str) -> str:
        """A sector's title on screen."""
        return dict(self.sector_choices).get(key, key)

    def district_title(self, key: str) -> str:
        """A district's title on screen."""
        return dict(self.district_choices).get(key, key)

    def tier_title(self, key: str) -> str:
        """A size tier's title on screen."""
        return next((tier.title for tier in self.size_tiers if tier.key == key), key)

    @property
    def sector_choices(self) -> list[tuple[str, str]]:
        """Keys and titles of every sector, "other" last."""
        return [*((s.key, s.title) for s in self.sectors), (OTHER_SECTOR, _OTHER_TITLE)]

    @property
    def tier_choices(self) -> list[tuple[str, str]]:
        """Keys and titles of every size tier, smallest first."""
        return [(tier.key, tier.title) for tier in self.size_tiers]

    @property
    def district_choices(self) -> list[tuple[str, str]]:
        """Keys and titles of every district, "outside" last."""
        return [*((d.key, d.title) for d in self.area.districts), (OUTSIDE, _OUTSIDE_TITLE)]


def sector_of(sic_codes: Iterable[str], sectors: Sequence[Sector]) -> str:
    """The sector of an employer: the first of its codes that lies in a target sector, else "other".

    The first code is an employer's main activity, so its order is kept.
    """
    for code in sic_codes:
        for sector in sectors:
            if code[:2] in sector.divisions:
                return sector.key
    return OTHER_SECTOR


def size_tier(headcount: int, tiers: Sequence[SizeTier]) -> str:
    """The size tier of an employer with this many employees.

    Raises:
        ValueError: for fewer employees than the smallest tier has.
    """
    fitting = [tier for tier in tiers if headcount >= tier.at_least]
    if not fitting:
        raise ValueError(f"No size tier for {headcount} employees")
    return fitting[-1].key


def suggested_district(postcode: str | None, area: Area) -> str | None:
    """The district a postcode suggests, where its outward code lies in one district only."""
    if not postcode:
        return None
    return area.outward.get(postcode.strip().upper().partition(" ")[0])


@cache
def _read_defaults() -> Mapping[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DATA / "defaults.yaml").read_text(encoding="utf-8"))
    return loaded


def default_values() -> dict[str, Any]:
    """The values that hold until the programme replaces them."""
    return dict(_read_defaults())


def parse_settings(values: Mapping[str, Any]) -> ProgrammeSettings:
    """Read and check every setting.

    Raises:
        SettingsError: naming the first setting that is missing or cannot hold.
    """
    unknown = values.keys() - _read_defaults().keys()
    if unknown:
        raise SettingsError(f"Unknown setting: {', '.join(sorted(unknown))}")
    low_pay = _mapping(values, "low_pay")
    return ProgrammeSettings(
        part_time_hours=_whole(values, "part_time_hours", 1, MAX_HOURS_A_WEEK),
        low_pay=Money(_whole(low_pay, "pence_an_hour", 1, 100_000, within="low_pay")),
        low_pay_is_example=bool(low_pay.get("example", False)),
        sectors=_sectors(values),
        area=_area(_mapping(values, "area")),
        size_tiers=_tiers(values),
        sme_limit=_whole(values, "sme_limit", 2, 100_000),
        minimum_comparison_group=_whole(values, "minimum_comparison_group", 3, 10_000),
        minimum_pulse_answers=_whole(values, "minimum_pulse_answers", LEAST_PULSE, 1_000),
        minimum_pulse_employers=_whole(values, "minimum_pulse_employers", LEAST_PULSE, 1_000),
        statistics_threshold=_whole(values, "statistics_threshold", LEAST_STATISTICS, 100),
        statistics_rounding=_whole(values, "statistics_rounding", 1, 100),
        programme_key=_text(_mapping(values, "programme"), "key", within="programme"),
        programme_title=_text(_mapping(values, "programme"), "title", within="programme"),
        referral_working_days=_whole(values, "referral_working_days", 1, 250),
        quiet_days=_whole(values, "quiet_days", 1, 365),
        confirmation_days=_whole(values, "confirmation_days", 1, 90),
        follow_up_months=_months(values),
        claim_close_working_days=_whole(values, "claim_close_working_days", 1, 60),
        retention_months=_periods(values),
    )


def _text(values: Mapping[str, Any], key: str, *, within: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= 40:  # noqa: PLR2004
        raise SettingsError(f"{within}.{key} must be a text of up to 40 characters")
    return value


def _months(values: Mapping[str, Any]) -> tuple[int, ...]:
    months = values.get("follow_up_months")
    if (
        not isinstance(months, list)
        or not months
        or any(isinstance(m, bool) or not isinstance(m, int) or not 1 <= m <= 36 for m in months)  # noqa: PLR2004
        or months != sorted(set(months))
    ):
        raise SettingsError("follow_up_months must be rising whole numbers of months, 1 to 36")
    return tuple(months)


def _periods(values: Mapping[str, Any]) -> Mapping[str, int]:
    periods = _mapping(values, "retention_months")
    if periods.keys() != _read_defaults()["retention_months"].keys():
        raise SettingsError("retention_months must name every class of records, and no other")
    return {key: _whole(periods, key, 1, 240, within="retention_months") for key in periods}


def _whole(
    values: Mapping[str, Any], key: str, least: int, most: int, *, within: str | None = None
) -> int:
    value = values.get(key)
    name = f"{within}.{key}" if within else key
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise SettingsError(f"{name} must be a whole number from {least} to {most:,}")
    return value


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    if not isinstance(value, Mapping):
        raise SettingsError(f"{key} must be a group of named values")
    return value


def _rows(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = values.get(key)
    if (
        not isinstance(rows, Sequence)
        or isinstance(rows, str)
        or not rows
        or not all(isinstance(row, Mapping) and row.get("key") and row.get("title") for row in rows)
    ):
        raise SettingsError(f"{key} must be a list of entries, each with a key and a title")
    keys = [row["key"] for row in rows]
    if len(set(keys)) != len(keys):
        raise SettingsError(f"{key} names the same key twice")
    return list(rows)


def _sectors(values: Mapping[str, Any]) -> tuple[Sector, ...]:
    sectors = []
    seen: set[str] = set()
    for row in _rows(values, "sectors"):
        divisions = frozenset(str(division) for division in row.get("divisions", ()))
        if not divisions or not all(len(d) == 2 and d.isdigit() for d in divisions):  # noqa: PLR2004
            raise SettingsError(f"sectors.{row['key']} needs two-digit SIC divisions")
        if seen & divisions:
            raise SettingsError(f"sectors.{row['key']} shares a division with another sector")
        if row["key"] == OTHER_SECTOR:
            raise SettingsError("sectors cannot use the key 'other': it means every other sector")
        seen |= divisions
        sectors.append(Sector(key=str(row["key"]), title=str(row["title"]), divisions=divisions))
    return tuple(sectors)


def _area(values: Mapping[str, Any]) -> Area:
    if not values.get("title"):
        raise SettingsError("area.title must say what the area is called")
    districts = tuple(
        District(key=str(row["key"]), title=str(row["title"])) for row in _rows(values, "districts")
    )
    known = {district.key for district in districts}
    if OUTSIDE in known:
        raise SettingsError("area.districts cannot use the key 'outside'")
    outward: dict[str, str] = {}
    for key, codes in (values.get("outward") or {}).items():
        if key not in known:
            raise SettingsError(f"area.outward names an unknown district: {key}")
        for code in codes:
            if outward.setdefault(str(code).upper(), key) != key:
                raise SettingsError(f"area.outward gives {code} to two districts")
    return Area(title=str(values["title"]), districts=districts, outward=outward)


def _tiers(values: Mapping[str, Any]) -> tuple[SizeTier, ...]:
    tiers = tuple(
        SizeTier(
            key=str(row["key"]),
            title=str(row["title"]),
            at_least=_whole(row, "at_least", 1, 1_000_000, within=f"size_tiers.{row['key']}"),
        )
        for row in _rows(values, "size_tiers")
    )
    starts = [tier.at_least for tier in tiers]
    if starts[0] != 1 or starts != sorted(set(starts)):
        raise SettingsError("size_tiers must begin at 1 and rise from tier to tier")
    return tiers
