"""The published questionnaire: what it holds, how it reads, and what it says to real employers."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from portal.diagnostics.rules.answers import (
    Amount,
    Answers,
    Chosen,
    GridMarked,
    MoneyAmount,
    Ticked,
    Value,
    Written,
)
from portal.diagnostics.rules.loader import load_questionnaire
from portal.diagnostics.rules.path import missing_answers, visible_pages, visible_questions
from portal.diagnostics.rules.recommend import quick_wins, recommend
from portal.diagnostics.rules.schema import (
    SECTORS,
    SIZES,
    Profile,
    Question,
    Questionnaire,
    QuestionType,
)
from portal.diagnostics.rules.scoring import score
from portal.diagnostics.rules.values import parse_value

FILE = Path(__file__).parents[3] / "portal/diagnostics/questionnaires/part-time-talent-1.yaml"
DIMENSIONS = [
    "leadership",
    "recruitment",
    "job_design",
    "scheduling",
    "line_managers",
    "training",
    "progression",
    "pay",
    "voice",
    "measurement",
]
PROFILES = [Profile(sector, size) for sector, size in product(SECTORS, SIZES)]
FACTS = {
    "staff_total": QuestionType.NUMBER,
    "staff_part_time": QuestionType.NUMBER,
    "leavers_part_time": QuestionType.NUMBER,
    "hourly_pay_typical": QuestionType.MONEY,
    "weekly_hours_typical": QuestionType.NUMBER,
    "supervisor_posts": QuestionType.NUMBER,
    "supervisor_posts_part_time": QuestionType.NUMBER,
}
JARGON = (
    "stakeholder|leverage|framework|synerg|utilis|workstream|human capital|onboarding|kpi|"
    "best-in-class|going forward|touchpoint|upskill|incentivis|holistic|paradigm|deliverable"
)
AMERICAN = r"\b(?:labor|organiz\w+|behavior\w*|program|center|resume|vacation|paycheck|learned)\b"


@cache
def content() -> Questionnaire:
    return load_questionnaire(FILE)


# --- How easy it is to read -------------------------------------------------------------------


def syllables(word: str) -> int:
    """Vowel groups, without a silent ending: close enough for a mean over thousands of words."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if len(letters) <= 3:
        return 1
    if re.search(r"[^td]ed$", letters):
        letters = letters[:-2]
    elif re.search(r"(?:[^sxzcgh]es|[^l]e|[aeiouy]le)$", letters):
        letters = re.sub(r"es?$", "", letters)
    return max(1, len(re.findall(r"[aeiouy]+", letters)))


def grade(texts: list[str]) -> float:
    """Flesch-Kincaid grade: 0.39 words a sentence + 11.8 syllables a word - 15.59.

    A label without a full stop ends a sentence. Figures count as one word of one syllable.
    Worked out here because the library's own count downloads a dictionary.
    """
    words = [part for text in texts for part in re.findall(r"[A-Za-z']+|£?\d[\d,.%]*", text)]
    ends = sum(max(1, len(re.findall(r"[.!?:](?=\s|$)", text))) for text in texts)
    spoken = sum(syllables(word) if word[0].isalpha() else 1 for word in words)
    return 0.39 * len(words) / ends + 11.8 * spoken / len(words) - 15.59


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("hours", 1),
        ("asked", 1),
        ("wanted", 2),
        ("people", 2),
        ("manager", 3),
        ("time", 1),
        ("changes", 2),
        ("training", 2),
        ("opportunity", 5),
        ("free", 1),
        ("table", 2),
    ],
)
def test_syllables_are_counted_closely(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_grade_tells_plain_words_from_heavy_ones() -> None:
    heavy = "Organisational stakeholders prioritise operational opportunities for professionals."
    assert grade(["The cat sat on the mat."]) < 2
    assert grade([heavy]) > 12


def question_texts(question: Question) -> list[str]:
    variants = [item.text for item in question.wording]
    options = [item.text for item in question.options] + [item.text for item in question.rows]
    return [question.text, *variants, *options]


def test_questions_read_at_about_age_twelve() -> None:
    items = content().questions
    grades = {item.key: grade(question_texts(item)) for item in items}
    stems = [grade([item.text]) for item in items]
    assert sum(grades.values()) / len(grades) <= 7.5
    assert sum(stems) / len(stems) <= 7.5
    assert max(grades.values()) <= 9, max(grades, key=lambda key: grades[key])


def test_the_reasons_for_asking_read_easily() -> None:
    grades = {item.key: grade([item.why, item.hint or "Yes."]) for item in content().questions}
    assert sum(grades.values()) / len(grades) <= 7.5
    assert max(grades.values()) <= 10, max(grades, key=lambda key: grades[key])


def test_recommendations_read_easily() -> None:
    grades = {
        item.key: grade([item.title, item.why, item.first_step, item.evidence])
        for item in content().recommendations
    }
    assert sum(grades.values()) / len(grades) <= 9
    assert max(grades.values()) <= 10, max(grades, key=lambda key: grades[key])


def every_text() -> list[tuple[str, str]]:
    found = [(q.key, text) for q in content().questions for text in [*question_texts(q), q.why]]
    found += [(q.key, q.hint) for q in content().questions if q.hint]
    found += [(q.key, w.hint) for q in content().questions for w in q.wording if w.hint]
    for item in content().recommendations:
        texts = (item.title, item.why, item.first_step, item.evidence, item.who)
        found += [(item.key, text) for text in texts]
    found += [(item.key, item.benefit) for item in content().goals]
    found += [(item.key, item.about) for item in content().dimensions]
    return found


def test_no_jargon_and_uk_spelling() -> None:
    pattern = re.compile(f"{JARGON}|{AMERICAN}", re.IGNORECASE)
    assert [(key, text) for key, text in every_text() if pattern.search(text)] == []


def test_texts_fit_a_phone() -> None:
    for question in content().questions:
        texts = [question.text, *(item.text for item in question.wording)]
        assert max(map(len, texts)) <= 140, question.key
        labels = [item.text for item in (*question.options, *question.rows)]
        assert all(len(text) <= 90 for text in labels), question.key
        assert len(question.options) <= 6, question.key
        assert len(question.rows) <= 5, question.key
        assert len(question.why) <= 320, question.key
    assert all(1 <= len(page.questions) <= 3 for page in content().pages)
    assert all(len(item.title) <= 90 for item in content().recommendations)


# --- What it holds ------------------------------------------------------------------------------


def test_counts() -> None:
    assert 38 <= len(content().questions) <= 44
    assert 55 <= len(content().recommendations) <= 65
    assert 5 <= len(content().goals) <= 7
    assert content().minutes == 15
    assert [item.key for item in content().dimensions] == DIMENSIONS
    assert {question.type for question in content().questions} == set(QuestionType)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_each_dimension_has_three_scored_questions(dimension: str) -> None:
    """In pay, most questions are the legal floor: it keeps a score, from what is not law."""
    items = [item for item in content().questions if item.dimension == dimension]
    assert sum(item.has_levels for item in items) >= 3
    assert sum(item.counts for item in items) >= (1 if dimension == "pay" else 3)


def test_the_facts_the_business_case_needs_are_asked_and_never_scored() -> None:
    by_key = content().by_key
    assert {key: by_key[key].type for key in FACTS} == FACTS
    assert not any(by_key[key].has_levels for key in FACTS)
    units = [by_key[key].unit for key in ("staff_total", "leavers_part_time")]
    assert units == ["people", "people"]
    assert by_key["weekly_hours_typical"].unit == "hours"


def test_every_question_says_why_without_repeating_the_label() -> None:
    for question in content().questions:
        assert len(question.why) > 50, question.key
        assert not question.why.lower().startswith("why we ask"), question.key


def test_sources_are_all_cited_and_all_known() -> None:
    known = {source.key for source in content().sources}
    cited = {key for item in content().questions for key in item.sources}
    cited |= {key for item in content().recommendations for key in item.sources}
    assert cited == known


def test_a_figure_from_research_names_its_source() -> None:
    figures = re.compile(r"\d%|one in six|48\.7|12\.07")
    unsourced = [
        item.key
        for item in (*content().questions, *content().recommendations)
        if figures.search(item.why) and not item.sources
    ]
    assert unsourced == []


def test_links_are_https() -> None:
    urls = [item.link.url for item in content().recommendations if item.link]
    urls += [source.url for source in content().sources if source.url]
    assert urls
    assert all(url.startswith("https://") and " " not in url for url in urls)


def test_recommendations_can_be_acted_on() -> None:
    for item in content().recommendations:
        assert 2 <= len(re.findall(r"[.?:!](?=\s|$)", item.why)) <= 6, item.key
        assert all((item.first_step, item.who, item.evidence)), item.key
        assert {item.effort, item.impact} <= {1, 2, 3}, item.key
        assert 7 <= item.days <= 180, item.key
    titles = Counter(item.title for item in content().recommendations)
    assert max(titles.values()) == 1
    used = {item.goal for item in content().recommendations}
    assert used == {goal.key for goal in content().goals}


def test_legal_items_state_a_source_in_law_and_lead_to_legal_advice() -> None:
    legal = [item for item in content().questions if item.legal]
    assert {item.key for item in legal} == {"sched_request", "pay_equal", "pay_basics"}
    publishers = {source.key: source.publisher for source in content().sources}
    for item in legal:
        assert {publishers[key] for key in item.sources} == {"UK legislation"}, item.key
        assert item.legal_pass in {3, 4}
    assert all(item.link and item.sources for item in content().recommendations if item.legal)


# --- Answers ------------------------------------------------------------------------------------


def pick(question: Question, *, best: bool) -> Value:
    """The answer of the highest or of the lowest level; facts as `FIGURES` has them."""
    choose = max if best else min
    options = [item for item in question.options if item.level is not None]
    match question.type:
        case QuestionType.SINGLE | QuestionType.SCALE:
            return Chosen(choose(options, key=lambda item: item.level or 0).key)
        case QuestionType.GRID:
            column = choose(options, key=lambda item: item.level or 0).key
            return GridMarked(tuple((row.key, column) for row in question.rows))
        case QuestionType.MULTIPLE:
            alone = [item.key for item in question.options if item.exclusive]
            rest = [item.key for item in question.options if not item.exclusive]
            scored_best = best and bool(question.count_levels)
            return Ticked(tuple(rest if scored_best else alone))
        case QuestionType.MONEY:
            return MoneyAmount(1275)
        case QuestionType.TEXT:
            return Written("More regular shifts")
        case _:
            return Amount(FIGURES[question.key][0 if best else 1])


# The best and the worst of what an employer may count.
FIGURES = {
    "staff_total": (Decimal(60), Decimal(60)),
    "staff_part_time": (Decimal(40), Decimal(40)),
    "supervisor_posts": (Decimal(8), Decimal(8)),
    "supervisor_posts_part_time": (Decimal(3), Decimal(0)),
    "vacancies_12m": (Decimal(9), Decimal(9)),
    "vacancies_flexible": (Decimal(9), Decimal(0)),
    "weekly_hours_typical": (Decimal(20), Decimal(20)),
    "leavers_part_time": (Decimal(2), Decimal(15)),
}


def answers_of(*, best: bool) -> dict[str, Value]:
    return {item.key: pick(item, best=best) for item in content().questions}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda item: f"{item.sector}-{item.size}")
def test_an_employer_that_does_it_all_scores_100_and_is_not_nagged(profile: Profile) -> None:
    answers = answers_of(best=True)
    sheet = score(content(), profile, answers)
    assert sheet.overall_shown == 100
    assert sheet.flags == ()
    assert recommend(content(), profile, answers) == ()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda item: f"{item.sector}-{item.size}")
def test_an_employer_that_does_none_scores_0_with_every_legal_flag(profile: Profile) -> None:
    answers = answers_of(best=False)
    sheet = score(content(), profile, answers)
    assert sheet.overall_shown == 0
    assert {item.question for item in sheet.flags} == {"sched_request", "pay_equal", "pay_basics"}
    found = recommend(content(), profile, answers)
    assert found[0].recommendation.legal
    wins = quick_wins(found)
    assert len(wins) == 3
    assert all(item.recommendation.effort == 1 for item in wins)


def low_answers(question: Question) -> list[Value]:
    """Every answer to a question that is worth level 0 or 1; for a grid, one low row at a time."""
    low = [item.key for item in question.options if item.level is not None and item.level <= 1]
    if question.type in {QuestionType.SINGLE, QuestionType.SCALE}:
        return [Chosen(key) for key in low]
    if question.type is QuestionType.GRID:
        best = pick(question, best=True)
        assert isinstance(best, GridMarked)
        return [
            GridMarked(tuple((key, column if key == row.key else top) for key, top in best.cells))
            for row in question.rows
            for column in low
        ]
    few = max((entry.at_least for entry in question.count_levels if entry.level <= 1), default=-1)
    rest = [item.key for item in question.options if not item.exclusive]
    ones = [Ticked((key,)) for key in rest] if few >= 1 else []
    return [Ticked(tuple(item.key for item in question.options if item.exclusive)), *ones]


SCORED = [item.key for item in content().questions if item.has_levels]


@pytest.mark.parametrize("key", SCORED)
def test_every_low_answer_leads_to_advice_for_everyone(key: str) -> None:
    question = content().by_key[key]
    base = answers_of(best=True)
    if key == "sched_notice":
        base["sched_pattern"] = Chosen("set_hours")
    for profile, value in product(PROFILES, low_answers(question)):
        found = recommend(content(), profile, {**base, key: value})
        causes = {cause.question for item in found for cause in item.because}
        assert key in causes, (profile, value)
        if question.legal:
            assert found[0].recommendation.legal
            assert key in {item.question for item in score_flags(profile, base, key, value)}


def score_flags(profile: Profile, base: Answers, key: str, value: Value) -> tuple:
    return score(content(), profile, {**base, key: value}).flags


def test_one_bad_row_is_enough_for_a_legal_flag() -> None:
    """A legal floor is never averaged away, within a grid either."""
    answers = answers_of(best=True)
    good = answers["pay_equal"]
    assert isinstance(good, GridMarked)
    answers["pay_equal"] = GridMarked((("rate", "less"), *good.cells[1:]))
    sheet = score(content(), Profile("retail", "small"), answers)
    assert [item.question for item in sheet.flags] == ["pay_equal"]
    assert sheet.overall_shown == 100


# --- Three employers ----------------------------------------------------------------------------

CAFE = {
    "staff_total": 7, "staff_part_time": 5, "supervisor_posts": 0,
    "biggest_challenge": ["cover"], "benefits_hoped": ["retention", "quality"],
    "lead_owner": "nobody", "lead_said": ["none"], "lead_case": "feels_high",
    "vacancies_12m": 2, "vacancies_flexible": 2, "hire_advert": "not_applicable",
    "hire_inside": "not_applicable", "hire_reach": ["staff", "local"],
    "design_workload": "talked", "design_handover": "chat",
    "weekly_hours_typical": "16.5", "sched_pattern": "same_days", "sched_say": "good",
    "sched_request": "talk_quick", "mgr_trained": "no_one", "mgr_reviews": "problem",
    "mgr_talks": ["job", "hours"],
    "train_offer": {"skills": "equal", "quals": "nobody", "leading": "nobody"},
    "train_fit": ["short"], "train_paid": "all", "prog_map": "unclear", "prog_moved": "nobody",
    "prog_ready": "never", "hourly_pay_typical": 1271, "pay_step": "undecided",
    "pay_equal": dict.fromkeys(("rate", "holiday", "training", "promotion"), "same")
    | {"extras": "no_one"},
    "pay_basics": {"terms": "some", "holiday": "everyone", "time": "everyone",
                   "payslip": "everyone"},
    "voice_ask": "ask", "voice_models": "maybe", "voice_help": ["none"],
    "leavers_part_time": 0, "meas_grades": "total_only", "meas_track": ["leavers"],
}  # fmt: skip
CARE_HOME = CAFE | {
    "staff_total": 34, "staff_part_time": 22, "supervisor_posts": 5,
    "supervisor_posts_part_time": 1, "lead_owner": "named_only", "vacancies_12m": 11,
    "vacancies_flexible": 4, "hire_advert": "talk", "hire_inside": "board",
    "design_hours": {"leader": "now", "deputy": "not_thought", "manager": "refused"},
    "design_handover": "set_time", "sched_pattern": "set_hours", "sched_notice": "two_weeks",
    "mgr_trained": "few", "mgr_reviews": "twice", "prog_map": "partly", "prog_moved": "one",
    "prog_ready": "tryout", "pay_step": "after_trial", "leavers_part_time": 8, "meas_exit": "guess",
    "pay_basics": {"terms": "everyone", "holiday": "everyone", "time": "unsure",
                   "payslip": "everyone"},
}  # fmt: skip
SHOP = CARE_HOME | {
    "staff_total": 300, "staff_part_time": 190, "supervisor_posts": 28,
    "supervisor_posts_part_time": 0, "vacancies_12m": 65, "vacancies_flexible": 20,
    "design_hours": {"leader": "not_thought", "deputy": "not_thought", "manager": "refused"},
    "lead_case": "rough", "sched_pattern": "low_topped", "sched_notice": "one_week",
    "leavers_part_time": 70, "meas_exit": "patterns",
    "pay_basics": dict.fromkeys(("terms", "holiday", "time", "payslip"), "everyone"),
}  # fmt: skip
WALKS = [
    ("cafe", Profile("hospitality", "micro"), CAFE, 39),
    ("care home", Profile("social_care", "small"), CARE_HOME, 42),
    ("shop", Profile("retail", "large"), SHOP, 42),
]


def read(raw: dict[str, object], profile: Profile) -> dict[str, Value]:
    """Answer each question as it is asked, as a person would."""
    answers: dict[str, Value] = {}
    while missing := missing_answers(content(), profile, answers):
        value = parse_value(missing[0], raw[missing[0].key])
        assert value is not None
        assert not hasattr(value, "message"), value
        answers[missing[0].key] = value
    return answers


@pytest.mark.parametrize(("name", "profile", "raw", "seen"), WALKS, ids=lambda item: str(item)[:9])
def test_three_employers_walk_to_the_end(
    name: str, profile: Profile, raw: dict[str, object], seen: int
) -> None:
    answers = read(raw, profile)
    asked = visible_questions(content(), profile, answers)
    assert len(asked) == seen
    assert 30 <= len(asked) <= 42
    assert len(visible_pages(content(), profile, answers)) <= 27
    sheet = score(content(), profile, answers)
    assert 15 < (sheet.overall_shown or 0) < 85, name
    assert all(item.score is not None for item in sheet.dimensions)
    assert 8 <= len(recommend(content(), profile, answers)) <= 40


def fired(profile: Profile, raw: dict[str, object]) -> set[str]:
    answers = read(raw, profile)
    return {item.recommendation.key for item in recommend(content(), profile, answers)}


def test_advice_fits_the_size_and_the_sector() -> None:
    cafe, care, shop = (fired(profile, raw) for _, profile, raw, _ in WALKS)
    assert {"rec_mgr_coffee", "rec_lead_owner_slot", "rec_design_first_lead"} <= cafe
    assert not {"rec_mgr_reviews", "rec_lead_sponsor", "rec_voice_champion"} & cafe
    assert "rec_pay_time_care" in care
    assert "rec_pay_time" not in care
    assert {"rec_prog_open_post", "rec_lead_case_board", "rec_sched_contract"} <= shop
    assert "rec_sched_zero_care" not in shop
