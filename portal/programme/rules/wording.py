"""The settings as people read and type them: what each is called, decides, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from portal.kernel.money import Money

Kind = Literal["whole", "pay", "months", "fixed"]


@dataclass(frozen=True, slots=True)
class SettingWords:
    """One setting on screen. ``fixed`` ones change with a release, since much hangs on them."""

    key: str
    title: str
    about: str
    kind: Kind
    unit: str = ""


SETTINGS: Final[tuple[SettingWords, ...]] = (
    SettingWords(
        "part_time_hours",
        "Part-time",
        "Somebody works part-time below this many hours a week.",
        "whole",
        "hours a week",
    ),
    SettingWords(
        "low_pay",
        "Low pay",
        "Pay below this amount an hour counts as low.",
        "pay",
        "an hour",
    ),
    SettingWords(
        "sme_limit",
        "Small and medium-sized employers",
        "Fully funded support is for employers with fewer employees than this.",
        "whole",
        "employees",
    ),
    SettingWords(
        "minimum_comparison_group",
        "Comparisons",
        "A comparison is shown only when it rests on at least this many employers.",
        "whole",
        "employers",
    ),
    SettingWords(
        "minimum_pulse_answers",
        "Surveys of workers",
        "Results are shown only when at least this many people answered; never fewer than 5.",
        "whole",
        "answers",
    ),
    SettingWords(
        "minimum_pulse_employers",
        "Surveys of workers together",
        "What workers say is reported only over at least this many employers; never fewer than 5.",
        "whole",
        "employers",
    ),
    SettingWords(
        "statistics_threshold",
        "Small numbers in statistics",
        "A number resting on fewer employers is not released, nor those that would give it away.",
        "whole",
        "employers",
    ),
    SettingWords(
        "statistics_rounding",
        "Rounding of statistics",
        "Released numbers are rounded to the nearest multiple of this; 1 leaves them as they are.",
        "whole",
        "employers",
    ),
    SettingWords(
        "referral_working_days",
        "Referrals expire",
        "A referral that nobody decides on expires after this many working days in England.",
        "whole",
        "working days",
    ),
    SettingWords(
        "quiet_days",
        "Quiet cases",
        "A case is listed when nobody has reached the employer for this many days.",
        "whole",
        "days",
    ),
    SettingWords(
        "confirmation_days",
        "Confirmations",
        "An employer's link to confirm a session or training works for this many days.",
        "whole",
        "days",
    ),
    SettingWords(
        "follow_up_months",
        "Follow-ups",
        "Employers are asked what has lasted this long after their plan was agreed.",
        "months",
        "months",
    ),
    SettingWords(
        "claim_close_working_days",
        "Months close for claims",
        "A month closes by itself this many working days after its end.",
        "whole",
        "working days",
    ),
    SettingWords(
        "sectors",
        "Target sectors",
        "An employer's sector follows from its activity (SIC 2007).",
        "fixed",
    ),
    SettingWords("area", "Area", "The local authority districts of the programme.", "fixed"),
    SettingWords(
        "size_tiers", "Size tiers", "How employers are grouped by number of employees.", "fixed"
    ),
    SettingWords("programme", "Programme", "What the programme is called.", "fixed"),
    SettingWords(
        "retention_months",
        "How long personal data stays",
        "Changed under Governance, class by class.",
        "fixed",
    ),
)
BY_KEY: Final[Mapping[str, SettingWords]] = {each.key: each for each in SETTINGS}


class UnreadableError(ValueError):
    """A typed value that cannot be read; the message says what to type."""


def in_words(key: str, value: Any) -> str:
    """A setting's value as a sentence part."""
    words = BY_KEY[key]
    if words.kind == "pay":
        example = ", an example until the LEP sets its own" if value.get("example") else ""
        return f"{Money(value['pence_an_hour'])} {words.unit}{example}"
    if words.kind == "months":
        return f"{listed([str(month) for month in value])} {words.unit}"
    return f"{value:,} {words.unit}" if words.kind == "whole" else _fixed(key, value)


def _fixed(key: str, value: Any) -> str:
    if key == "sectors":
        return "; ".join(f"{row['title']} (SIC {', '.join(row['divisions'])})" for row in value)
    if key == "area":
        return f"{value['title']}: {', '.join(row['title'] for row in value['districts'])}"
    if key == "retention_months":
        return f"{min(value.values())} to {max(value.values())} months"
    rows = value if isinstance(value, list) else [value]
    return "; ".join(str(row["title"]) for row in rows)


def listed(words: list[str]) -> str:
    """Words in a row: "3, 6 and 12"."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def as_typed(key: str, value: Any) -> str:
    """A setting's value as it stands in the box where it is changed."""
    kind = BY_KEY[key].kind
    if kind == "pay":
        pence = value["pence_an_hour"]
        return f"{pence // 100}.{pence % 100:02d}"
    return ", ".join(map(str, value)) if kind == "months" else str(value)


def read(key: str, text: str) -> Any:
    """A value as it was typed.

    Raises:
        UnreadableError: for what is no such value; whether it can hold is the settings' own check.
    """
    kind = BY_KEY[key].kind
    typed = text.strip()
    if kind == "pay":
        try:
            return {"pence_an_hour": Money.from_pounds(typed).pence, "example": False}
        except ValueError as error:
            raise UnreadableError(str(error)) from error
    parts = [part.strip() for part in typed.replace(" and ", ",").split(",")]
    if kind == "months":
        if not all(part.isdecimal() and part.isascii() for part in parts):
            raise UnreadableError("Enter months in whole numbers with commas, like 3, 6, 12")
        return [int(part) for part in parts]
    if not (typed.isdecimal() and typed.isascii()) or len(typed) > len("1000000"):
        raise UnreadableError("Enter a whole number")
    return int(typed)
