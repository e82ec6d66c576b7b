"""The bar that every resource the portal comes with must clear: how it reads and what it holds."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from portal.integrations.markdown import parse, plain_text, render
from portal.toolkit.rules.content_file import SeedResource, read_folder
from portal.toolkit.rules.words import AUDIENCES, DIMENSIONS, FORMATS, SECTORS, TOOLS
from tests.unit.diagnostics.test_content import grade

QUESTIONNAIRE = Path(__file__).parents[3] / "portal/diagnostics/questionnaires"
# Grades of the sentences, for a reading age of about 12. Headings, labels and tables are short and
# would flatter a text, so they do not count.
HARDEST, USUAL = 9.0, 7.0
SHORTEST_PROSE = 8
FEWEST_WORDS, MOST_WORDS = 300, 1200
FEWEST_STEPS, MOST_STEPS = 3, 8
# Words that fill a line and say nothing, or that only people in offices use.
FILLER = (
    r"stakeholder|leverag|framework|synerg|utilis|workstream|human capital|onboarding|\bkpi|"
    r"best[- ]in[- ]class|best practice|going forward|moving forward|touchpoint|upskill|"
    r"incentivis|holistic|paradigm|deliverable|empower|cutting[- ]edge|game[- ]chang|seamless|"
    r"robust|in order to|it is important to note|it is worth noting|needless to say|"
    r"at the end of the day|in today's|unlock|delve|crucial|vibrant|foster|learnings|"
    r"a wide range of|ever[- ]changing|landscape|embark|journey|proactive|\bkey takeaway"
)
AMERICAN = r"\b(?:labor|organiz\w+|behavior\w*|center|resumé|resume|vacation|paycheck|learned)\b"
# Written by their own author: they may be linked to before they are there.
TEMPLATES = frozenset(
    [
        "part-time-and-flexible-working-policy",
        "job-design-worksheet",
        "pathway-map",
        "development-review-form",
        "business-case-slides",
        "rota-request-and-swap-form",
        "induction-buddy-checklist",
    ]
)
# What readers do not find yet: for each dimension, the audiences for whom one sector or more has
# nothing to read. Templates are not counted: they are filled in, not read. Who writes a piece
# takes its line out; nothing may be added. It ends empty.
NOT_YET: dict[str, set[str]] = {}


@cache
def pieces() -> dict[str, SeedResource]:
    return {piece.key: piece for piece in read_folder()}


def of(*kinds: str) -> list[str]:
    return [key for key, piece in pieces().items() if piece.format in kinds]


READ = [kind for kind in FORMATS if kind != "template"]


def said(piece: SeedResource) -> list[str]:
    """Each paragraph, heading, point and cell by itself, without its marks."""
    texts = (plain_text(token.content) for token in parse(piece.content.body) if token.content)
    return [text for text in texts if text]


def prose(piece: SeedResource) -> list[str]:
    """Whole sentences: what stands in no table and is longer than a label."""
    texts, in_table = list[str](), False
    for token in parse(piece.content.body):
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        text = plain_text(token.content) if token.type == "inline" else ""
        if len(text.split()) >= SHORTEST_PROSE and not in_table:
            texts.append(text)
    return texts


def paragraphs(piece: SeedResource) -> list[str]:
    """The text as written, cut at blank lines and at the ends of rows and points."""
    return [part for part in re.split(r"\n\s*\n|\n(?=[|>*-]|\d+\. )", piece.content.body) if part]


def first_line(piece: SeedResource) -> str:
    return piece.content.body.lstrip().splitlines()[0].lower()


# --- How it reads -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", pieces())
def test_it_reads_at_about_age_twelve(key: str) -> None:
    assert grade(prose(pieces()[key])) <= HARDEST


def test_most_of_it_reads_easily() -> None:
    grades = [grade(prose(piece)) for piece in pieces().values()]
    assert sum(grades) / len(grades) <= USUAL


@pytest.mark.parametrize("key", of(*READ))
def test_it_is_neither_thin_nor_padded(key: str) -> None:
    words = len(plain_text(pieces()[key].content.body).split())
    assert FEWEST_WORDS <= words <= MOST_WORDS, words


@pytest.mark.parametrize("key", pieces())
def test_no_filler_and_uk_spelling(key: str) -> None:
    """What a source is quoted as saying is its own."""
    content = pieces()[key].content
    text = re.sub(r'"[^"\n]{1,60}"|“[^”\n]{1,60}”', " ", content.body)
    for one in (content.title, content.summary, text):
        assert re.findall(FILLER, one, re.IGNORECASE) == []
        assert re.findall(AMERICAN, one, re.IGNORECASE) == []


@cache
def advice() -> frozenset[tuple[str, ...]]:
    texts = [path.read_text(encoding="utf-8") for path in QUESTIONNAIRE.glob("*.yaml")]
    return frozenset(run for text in texts for run in runs(text))


def runs(text: str, length: int = 9) -> list[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]


@pytest.mark.parametrize("key", pieces())
def test_it_goes_further_than_the_advice_of_the_diagnostic(key: str) -> None:
    """No run of nine words is the same, within one paragraph."""
    again = [" ".join(run) for text in said(pieces()[key]) for run in runs(text) if run in advice()]
    assert again == []


# --- What it holds ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", of(*READ))
def test_it_can_be_acted_on_tomorrow(key: str) -> None:
    """Words to say, something to fill in or look up, what goes wrong, and how to tell."""
    body = pieces()[key].content.body
    assert re.search(r"^\s*> ", body, re.MULTILINE), "no words to say"
    assert "|" in body or "- [ ]" in body or "____" in body, "no table, list to tick or gap"
    assert re.search(r"(?:goes|went) wrong|nearly failed|awkward", body), "nothing goes wrong"
    assert re.search(r"how to tell|will know|works when", body, re.IGNORECASE), "no way to tell"


@pytest.mark.parametrize("key", of("toolkit"))
def test_a_toolkit_has_a_few_steps_each_with_something_to_do(key: str) -> None:
    steps = [part for part in render(pieces()[key].content.body).sections if part.title]
    assert FEWEST_STEPS <= len(steps) <= MOST_STEPS
    assert len({step.key for step in steps}) == len(steps)
    assert all(len(re.findall(r"\w+", step.html.striptags())) > 40 for step in steps)


@pytest.mark.parametrize("key", of("case_study", "vignette"))
def test_a_case_is_from_a_source_or_says_that_it_is_invented(key: str) -> None:
    content = pieces()[key].content
    assert content.illustrative or content.sources
    assert content.illustrative == (pieces()[key].format == "vignette")


@pytest.mark.parametrize("key", [key for key, one in pieces().items() if one.content.illustrative])
def test_what_is_invented_says_so_in_its_first_line(key: str) -> None:
    assert "invented example" in first_line(pieces()[key])


@pytest.mark.parametrize("key", of(*READ))
def test_a_share_in_per_cent_names_its_source(key: str) -> None:
    bare = [
        part
        for part in paragraphs(pieces()[key])
        if re.search(r"\d\s?%|per cent", part) and "[@" not in part and not part.startswith(">")
    ]
    assert bare == []


@pytest.mark.parametrize("key", pieces())
def test_its_links_lead_to_what_the_portal_has(key: str) -> None:
    """Other sites move their pages: their addresses stand with the sources, where they are kept."""
    known = {f"/toolkit/{one}" for one in TEMPLATES | set(pieces())}
    known |= {"/tools", "/toolkit", *(f"/tools/{tool}" for tool in TOOLS)}
    links = re.findall(r"\]\(([^)]+)\)", pieces()[key].content.body)
    assert set(links) <= known


@pytest.mark.parametrize("key", pieces())
def test_a_piece_about_the_law_says_where_to_ask(key: str) -> None:
    content = pieces()[key].content
    rights = {"flexible-work-2023", "part-time-law-2000", "equality-law-hiring"}
    if rights & {source.key for source in content.sources}:
        assert "Acas" in content.body


# --- Whom it serves -----------------------------------------------------------------------------


def gaps() -> dict[str, set[str]]:
    served = {
        cell
        for key in of(*READ)
        for content in [pieces()[key].content]
        for cell in product(content.dimensions, content.audiences, content.sectors or SECTORS)
    }
    missing = set(product(DIMENSIONS, AUDIENCES, SECTORS)) - served
    found: dict[str, set[str]] = {}
    for dimension, audience, _sector in missing:
        found.setdefault(dimension, set()).add(audience)
    return found


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_audience_in_every_sector_has_something_to_read(dimension: str) -> None:
    """What is missing stands in the table above, and nothing stands there that is not."""
    assert gaps().get(dimension, set()) == NOT_YET.get(dimension, set())


def test_there_are_all_the_formats_and_enough_of_them() -> None:
    assert len(of(*READ)) >= 30
    assert {pieces()[key].format for key in of(*READ)} == set(READ)


@pytest.mark.parametrize("sector", SECTORS)
def test_very_small_businesses_are_written_for_in_each_sector(sector: str) -> None:
    """Two pieces or more for a micro business, beside those that suit every size."""
    small = [
        key
        for key in of(*READ)
        for content in [pieces()[key].content]
        if "micro" in content.sizes and sector in (content.sectors or SECTORS)
    ]
    assert len(small) >= 2
