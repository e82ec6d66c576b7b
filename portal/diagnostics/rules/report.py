"""The result of a file of answers as plain data, ready to be written as JSON.

It is the frozen result of a completed diagnostic, with the scores gathered at the top and what
was kept but not counted at the end.
"""

from __future__ import annotations

from typing import Any

from portal.diagnostics.rules.answers import Answers
from portal.diagnostics.rules.path import kept_not_counted
from portal.diagnostics.rules.result import describe
from portal.diagnostics.rules.schema import Profile, Questionnaire
from portal.diagnostics.rules.scoring import LegalStanding, score
from portal.diagnostics.rules.values import to_json

_UNKNOWN = {LegalStanding.UNKNOWN, LegalStanding.NOT_ANSWERED}


def result_as_data(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> dict[str, Any]:
    """Scores, flags, strengths, gaps, recommendations, and every line behind them.

    Scores are whole numbers from 0 to 100 as shown; the exact fraction stands beside them.
    """
    result = describe(questionnaire, profile, answers)
    about, overall = result.pop("questionnaire"), result.pop("overall")
    result.pop("profile")
    return {
        "questionnaire": about["key"],
        "version": about["version"],
        "content_hash": about["hash"],
        "sector": profile.sector,
        "size": profile.size,
        "scores": {
            "overall": None if overall is None else overall["score"],
            "overall_exact": None if overall is None else overall["exact"],
            "overall_formula": None if overall is None else overall["formula"],
            "dimensions": {item["key"]: item["score"] for item in result["dimensions"]},
        },
        **result,
        "legal_not_known": [
            item.question
            for item in score(questionnaire, profile, answers).legal
            if item.standing in _UNKNOWN
        ],
        "kept_not_counted": [
            {
                "question": question.key,
                "answer": to_json(answers[question.key]),
                "note": "not asked on this path, so kept but not counted",
            }
            for question in kept_not_counted(questionnaire, profile, answers)
        ],
    }
