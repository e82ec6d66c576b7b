"""The result: scores that open up, advice, comparison with others and with an earlier time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.diagnostics.access import may_use
from portal.diagnostics.panels import result_help
from portal.diagnostics.rules.scoring import rounded
from portal.diagnostics.service import comparing
from portal.diagnostics.service.comparing import Benchmark
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import load_to_read
from portal.web.access import current_actor


@blueprint.get("/diagnostic/<response>/results")
def results(response: str) -> ResponseReturnValue:
    """Everything an employer learns."""
    loaded = load_to_read(response)
    facts = loaded.facts
    if facts.result is None:
        return redirect(url_for("diagnostics.go_on", response=response))
    result = facts.result
    recommendations = {item["key"]: item for item in result["recommendations"]}
    benchmark = comparing.benchmark(facts)
    return render_template(
        "diagnostics/results.html",
        response=facts,
        on_behalf=loaded.on_behalf,
        may_use=may_use(current_actor(), facts),
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
        change=comparing.change_since_earlier(facts),
        help_parts=result_help(facts, current_actor()),
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
