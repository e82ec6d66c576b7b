"""How the employer compares, in the words and figures that a plan prints."""

from __future__ import annotations

from datetime import date

from portal.action_plans.document import Change, Comparison, Movement
from portal.diagnostics.models import OVERALL
from portal.diagnostics.queries import ResponseFacts
from portal.diagnostics.rules.benchmark import SimilarEmployers
from portal.diagnostics.rules.scoring import rounded
from portal.diagnostics.service.comparing import benchmark, change_since_earlier


def comparison_for(facts: ResponseFacts) -> Comparison:
    """Similar employers' middle scores, or the sentence that says why there are none."""
    found = benchmark(facts)
    standing = found.standing
    if not isinstance(standing, SimilarEmployers):
        return Comparison(
            f"How you compare is shown once at least {standing.minimum} other {found.group} have "
            "taken the diagnostic: below that number it could give one of them away."
        )
    return Comparison(
        f"Of {standing.n} other {found.group} who took this diagnostic, {rounded(standing.rank)}% "
        "scored lower than you overall.",
        employers=standing.n,
        overall=rounded(standing.median),
        scores={key: value for key, value in found.by_dimension.items() if key != OVERALL},
    )


def change_for(facts: ResponseFacts) -> Change | None:
    """What moved since the diagnostic that this one repeats; None when it repeats none."""
    found = change_since_earlier(facts)
    if found is None:
        return None
    if found.overall is None:
        said = "No question can be compared with the earlier diagnostic."
    else:
        before, after = found.overall
        said = (
            f"On the {found.compared} questions that can be compared, the overall score went from "
            f"{before} to {after}."
        )
        if found.left_out:
            more = "question" if found.left_out == 1 else "questions"
            said += (
                f" {found.left_out} more {more} could not be compared: new, changed, or answered "
                "only once."
            )
    return Change(
        f"{said} A change in a score is not proof of what caused it.",
        date.fromisoformat(found.earlier_on),
        tuple(Movement(item.label, item.earlier, item.later) for item in found.slope),
    )
