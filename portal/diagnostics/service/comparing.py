"""How a completed diagnostic compares: with similar employers, and with an earlier time.

Everything here only reads. The results page and the action plan's PDF say the same from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.diagnostics import queries
from portal.diagnostics.models import OVERALL
from portal.diagnostics.rules.benchmark import (
    SimilarEmployers,
    Withheld,
    comparison_or_withheld,
)
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.compare import Comparison, compare
from portal.diagnostics.rules.schema import Profile, Questionnaire
from portal.diagnostics.rules.scoring import ScoreSheet, rounded, score
from portal.diagnostics.rules.values import answers_from_document
from portal.diagnostics.rules.words import SECTOR_WORDS, SIZE_WORDS
from portal.programme.queries import settings as programme_settings


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How the overall score stands among similar employers, and whom that means.

    `by_dimension` holds the middle score of each dimension that enough employers have.
    """

    standing: SimilarEmployers | Withheld
    group: str
    by_dimension: Mapping[str, int]

    @property
    def shown(self) -> SimilarEmployers | None:
        """The figures, unless there are too few employers."""
        return self.standing if isinstance(self.standing, SimilarEmployers) else None


@dataclass(frozen=True, slots=True)
class Movement:
    """A dimension's score from 0 to 100 over the comparable questions, then and now."""

    dimension: str
    label: str
    earlier: int
    later: int


@dataclass(frozen=True, slots=True)
class Change:
    """Movement since an earlier diagnostic, on what can be compared."""

    earlier_reference: str
    earlier_on: str
    kind: str
    slope: tuple[Movement, ...]
    overall: tuple[int, int] | None
    compared: int
    left_out: int
    comparison: Comparison


def benchmark(facts: queries.ResponseFacts) -> Benchmark:
    """Compare with the sector and size first, then with the sector; else say why not."""
    minimum = programme_settings().minimum_comparison_group
    counted = queries.histograms(questionnaire_key=facts.questionnaire_key, sector=facts.sector)
    own_size, own = _own_counted(facts)
    for size, own_scores, words in (
        (
            facts.size_tier,
            own if own_size == facts.size_tier else {},
            _group(facts.sector, f"with {SIZE_WORDS[facts.size_tier]} people"),
        ),
        (None, own, _group(facts.sector, "of every size")),
    ):
        histograms = counted.of(size)
        standings = {
            key: comparison_or_withheld(_without(counts, own_scores.get(key)), value, minimum)
            for key, counts in histograms.items()
            if (value := _score_of(facts.result or {}, key)) is not None
        }
        overall = standings.get(OVERALL)
        if isinstance(overall, SimilarEmployers):
            medians = {
                key: rounded(item.median)
                for key, item in standings.items()
                if isinstance(item, SimilarEmployers)
            }
            return Benchmark(overall, words, medians)
    return Benchmark(Withheld(minimum), _group(facts.sector, "of every size"), {})


def _group(sector: str, which: str) -> str:
    """Whom a comparison is with, in words that follow "other"."""
    if sector == "other":
        return f"employers {which} outside retail, hospitality and social care"
    return f"{SECTOR_WORDS[sector]} employers {which}"


def _own_counted(facts: queries.ResponseFacts) -> tuple[str, Mapping[str, int]]:
    """The size and scores with which the employer itself stands in its sector's histograms.

    They may be a newer diagnostic's than the one that is compared.
    """
    if facts.employer_id is None:
        return "", {}
    return queries.counted_scores_of(
        employer_id=facts.employer_id,
        questionnaire_key=facts.questionnaire_key,
        sector=facts.sector,
    )


def _without(counts: tuple[int, ...], own: int | None) -> tuple[int, ...]:
    """The others only: one's own score leaves the histogram it was counted in."""
    if own is None:
        return counts
    return tuple(max(0, n - (place == own)) for place, n in enumerate(counts))


def _score_of(result: Mapping[str, Any], key: str) -> int | None:
    if key == OVERALL:
        overall = result.get("overall")
        return None if overall is None else overall["score"]
    found = next((item for item in result["dimensions"] if item["key"] == key), None)
    return None if found is None else found["score"]


def change_since_earlier(facts: queries.ResponseFacts) -> Change | None:
    """What moved since the diagnostic that this one is a re-take of; None when it is none."""
    if facts.earlier_id is None or facts.kind != "retake":
        return None
    before = queries.response_by_id(facts.earlier_id)
    if before is None or before.status != "completed" or before.result is None:
        return None
    earlier, later = _scored(before), _scored(facts)
    if earlier is None or later is None:
        return None
    comparison = compare(
        earlier_questionnaire=earlier[0],
        earlier=earlier[1],
        later_questionnaire=later[0],
        later=later[1],
    )
    short = {item.key: item.short for item in later[0].dimensions}
    overall = comparison.overall
    return Change(
        earlier_reference=before.reference,
        earlier_on=before.result["completed_on"],
        kind=facts.kind,
        slope=tuple(
            Movement(
                item.dimension, short[item.dimension], rounded(item.before), rounded(item.after)
            )
            for item in comparison.dimensions
            if item.before is not None and item.after is not None
        ),
        overall=None
        if overall.before is None or overall.after is None
        else (rounded(overall.before), rounded(overall.after)),
        compared=sum(not item.legal for item in comparison.questions),
        left_out=len(comparison.new)
        + len(comparison.removed)
        + len(comparison.changed)
        + len(comparison.answered_once),
        comparison=comparison,
    )


def _scored(facts: queries.ResponseFacts) -> tuple[Questionnaire, ScoreSheet] | None:
    """A response's questionnaire version with its scores."""
    found = load_catalogue().get(facts.questionnaire_key, facts.questionnaire_version)
    if found is None:
        return None
    profile = Profile(sector=facts.sector, size=facts.size_tier)
    return found, score(found, profile, answers_from_document(found, facts.answers))
