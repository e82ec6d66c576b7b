"""The survey and its translations say all that is asked, and say who has checked them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.reports.rules import pulse_survey as rules
from portal.reports.rules.pulse_survey import SurveyError, language, languages, survey

KEYS = survey().languages


def test_the_survey_has_the_whole_basket_and_the_practice() -> None:
    asked = survey()
    core = [part.key for part in asked.parts if part.core]
    assert core == ["pay", "security", "position"]
    assert {one.part for one in asked.basket} == {*core, "responsibility", "qualifications"}
    assert len(asked.practice) == 5
    # About twelve seconds each: what 3 minutes hold.
    assert len(asked.statements) * 12 <= asked.minutes * 60
    assert all(one.choices[-1] == "unsure" for one in asked.statements)
    assert all(len(one.says) <= 42 for one in asked.statements), "too long for a picture"


@pytest.mark.parametrize("key", KEYS)
def test_a_language_keeps_the_places_that_are_filled_in(key: str) -> None:
    spoken, original = language(key), language("en")

    def places(said: Any) -> list[set[str]]:
        return [set(re.findall(r"{\w+}", text)) for text in said]

    assert places(spoken.questions.values()) == places(
        [original.questions[name] for name in spoken.questions]
    )
    assert places(spoken.words["promises"]) == places(original.words["promises"])
    for name, text in spoken.choices.items():
        assert places([text]) == places([original.choices[name]])


def test_no_translation_passes_for_checked() -> None:
    for spoken in languages():
        assert spoken.is_checked == (spoken.key == "en")
        assert bool(spoken.words["unchecked"]) == (spoken.key != "en")


def test_urdu_runs_from_right_to_left_and_nothing_else_does() -> None:
    assert [one.key for one in languages() if one.direction == "rtl"] == ["ur"]


def test_only_what_is_offered_counts() -> None:
    given = {
        "pay_up": "yes",
        "stay": "unsure",
        "hours": "part_time",
        "p_voice": "rubbish",
        "x": "yes",
    }
    assert survey().counted(given) == {"pay_up": "yes", "hours": "part_time"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the data to spoil."""
    for path in rules.DATA.glob("pulse-*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(rules, "DATA", tmp_path)
    survey.cache_clear()
    language.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    survey.cache_clear()
    language.cache_clear()


@pytest.mark.parametrize(
    ("room", "key", "value"),
    [
        ("questions", "stay", None),
        ("choices", "partly", None),
        ("words", "thanks", None),
        ("words", "more", "x"),
        ("words", "for_whom", "For you"),
        ("parts", "pay", None),
    ],
)
def test_a_translation_that_lacks_something_is_refused(
    folder: Path, room: str, key: str, value: str | None
) -> None:
    path = folder / "pulse-1.pl.yaml"
    data = yaml.safe_load(path.read_text("utf-8"))
    if value is None:
        del data[room][key]
    else:
        data[room][key] = value
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    with pytest.raises(SurveyError, match=r"pulse-1\.pl\.yaml"):
        language("pl")


def test_a_survey_or_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(SurveyError):
        survey(99)
    with pytest.raises(SurveyError):
        language("xx")
