"""A diagnostic without what somebody wrote in words; what was chosen stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.governance.rules.retention import REMOVED_TEXT


def without_texts(
    answers: Mapping[str, Any], result: Mapping[str, Any] | None, texts: frozenset[str] | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Answers and result with the answers to ``texts`` taken out, and who gave the others.

    ``texts`` names the questions answered in words; None when the questionnaire is not known any
    more, so that every answer that is not a key or a number is taken out.
    """

    def in_words(key: str, value: Any) -> bool:
        if texts is not None:
            return key in texts
        return isinstance(value, str) and (" " in value or "@" in value)

    kept = {}
    for key, said in answers.items():
        # Who answered stands beside each answer: "user:12" or "visitor".
        one = {**said, "by": "visitor"} if isinstance(said, Mapping) and "by" in said else said
        if isinstance(one, Mapping) and "v" in one and in_words(key, one["v"]):
            one = {**one, "v": REMOVED_TEXT}
        kept[key] = one
    return kept, None if result is None else _result(result, texts or frozenset())


def _result(part: Any, texts: frozenset[str]) -> Any:
    """A copy in which every answer beside the key of such a question says that it went."""
    if isinstance(part, Mapping):
        copied = {key: _result(value, texts) for key, value in part.items()}
        if copied.get("question") in texts and "answer" in copied:
            copied["answer"] = REMOVED_TEXT
        return copied
    return [_result(each, texts) for each in part] if isinstance(part, list) else part
