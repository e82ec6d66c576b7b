"""The result: scores that open up, advice, comparison with others and with an earlier time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.diagnostics import queries
from portal.diagnostics.models import OVERALL
from portal.diagnostics.rules.benchmark import (
    SimilarEmployers,
    Withheld,
    comparison_or_withheld,
)
from portal.diagnostics.rules.compare import Comparison, compare
from portal.diagnostics.rules.scoring import rounded, score
from portal.diagnostics.rules.words import SECTOR_WORDS, SIZE_WORDS
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import Loaded, load, with_questionnaire
from portal.programme.queries import settings as programme_settings


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How the overall score stands among similar employers, and whom that means."""

    standing: SimilarEmployers | Withheld
    group: str
    by_dimension: Mapping[str, int]

    @property
    def shown(self) -> SimilarEmployers | None:
        """The figures, unless there are too few employers."""
        return self.standing if isinstance(self.standing, SimilarEmployers) else None


@blueprint.get("/diagnostic/<response>/results")
def results(response: str) -> ResponseReturnValue:
    """Everything an employer learns."""
    loaded = load(response)
    facts = loaded.facts
    if facts.result is None:
        return redirect(url_for("diagnostics.go_on", response=response))
    result = facts.result
    recommendations = {item["key"]: item for item in result["recommendations"]}
    benchmark = _benchmark(loaded)
    return render_template(
        "diagnostics/results.html",
        response=facts,
        result=result,
        quick_wins=[recommendations[key] for key in result["quick_wins"]],
        legal=[item for item in result["recommendations"] if item["legal"]],
        others=[
            item
            for item in result["recommendations"]
            if not item["legal"] and item["key"] not in result["quick_wins"]
        ],
        sources={item["key"]: item for item in result["sources"]},
        bars=_bars(result, benchmark),
        benchmark=benchmark,
        rank=None if benchmark.shown is None else rounded(benchmark.shown.rank),
        median=None if benchmark.shown is None else rounded(benchmark.shown.median),
        change=_change(loaded),
    )


def _bars(result: Mapping[str, Any], benchmark: Benchmark) -> list[Mapping[str, Any]]:
    return [
        {
            "label": item["short"],
            "score": item["score"],
            "comparison": benchmark.by_dimension.get(item["key"]),
        }
        for item in result["dimensions"]
    ]


def _benchmark(loaded: Loaded) -> Benchmark:
    """Compare with the sector and size first, then with the sector; else say why not."""
    facts = loaded.facts
    minimum = programme_settings().minimum_comparison_group
    sector = SECTOR_WORDS[facts.sector]
    own = queries.scores_of(facts.id) if facts.is_current else {}
    same_size, every_size = queries.histograms(
        questionnaire_key=facts.questionnaire_key,
        sector=facts.sector,
        size_tier=facts.size_tier,
    )
    for histograms, words in (
        (same_size, f"{sector} employers with {SIZE_WORDS[facts.size_tier]} people"),
        (every_size, f"{sector} employers of every size"),
    ):
        standings = {
            key: comparison_or_withheld(_without(counts, own.get(key)), value, minimum)
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
    return Benchmark(Withheld(minimum), f"{sector} employers", {})


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


@dataclass(frozen=True, slots=True)
class Change:
    """Movement since an earlier diagnostic, on what can be compared."""

    earlier_reference: str
    earlier_on: str
    kind: str
    slope: tuple[Mapping[str, Any], ...]
    overall: tuple[int, int] | None
    compared: int
    left_out: int
    comparison: Comparison


def _change(loaded: Loaded) -> Change | None:
    if loaded.facts.earlier_id is None or loaded.facts.kind != "retake":
        return None
    facts = queries.response_by_id(loaded.facts.earlier_id)
    if facts is None or facts.status != "completed" or facts.result is None:
        return None
    earlier = with_questionnaire(facts)
    comparison = compare(
        earlier_questionnaire=earlier.questionnaire,
        earlier=score(earlier.questionnaire, earlier.profile, earlier.answers),
        later_questionnaire=loaded.questionnaire,
        later=score(loaded.questionnaire, loaded.profile, loaded.answers),
    )
    short = {item.key: item.short for item in loaded.questionnaire.dimensions}
    overall = comparison.overall
    return Change(
        earlier_reference=facts.reference,
        earlier_on=facts.result["completed_on"],
        kind=loaded.facts.kind,
        slope=tuple(
            {
                "label": short[item.dimension],
                "earlier": rounded(item.before),
                "later": rounded(item.after),
            }
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
