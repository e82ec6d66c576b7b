"""Files to take away of one resource, against a plain print of the same HTML.

The plain print is what a newcomer writes: the style sheet inside the page, untagged, everything
read anew. Every document carries its own words. BENCH_ROUNDS sets the rounds (9).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from jinja2 import Environment, FileSystemLoader

from portal.integrations.docx import make_docx
from portal.integrations.paper import Paper, Reference, numbers_of, printed
from portal.integrations.pdf import ROOT, WeasyPrintRenderer
from portal.integrations.pptx import make_pptx
from portal.toolkit.rules import workbook
from portal.toolkit.rules.content_file import FOLDER, read_text
from portal.toolkit.service.documents import STYLESHEET, TEMPLATE
from portal.toolkit.service.workbook_file import make_xlsx
from tests.bench.harness import Measure, interleaved, paired_ratio

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
KEY = "job-design-worksheet"
GOAL_PDF = 0.9
GOAL_ALL = 1.4


def paper_of(number: int) -> Paper:
    """The worksheet that the portal comes with, with words of its own."""
    content = SEED.content
    body = content.body.replace("Step", f"Part {number}, step")
    sources = {source.key: source for source in content.sources}
    return replace(
        PAPER,
        title=f"{content.title} {number}",
        body=body,
        references=tuple(
            Reference(place, sources[key].title, sources[key].publisher, sources[key].year)
            for place, key in enumerate(numbers_of(body), start=1)
        ),
    )


SEED = read_text((FOLDER / f"{KEY}.md").read_text(encoding="utf-8"), name=KEY)
PAPER = Paper(
    title=SEED.content.title,
    summary=SEED.content.summary,
    kind="Template to fill in",
    body=SEED.content.body,
    facts=(("For", "Managers"), ("Version", "1"), ("Review by", "22 November 2027")),
    references=(),
    author=SEED.content.author,
    written_on=date(2026, 11, 22),
    review_by=SEED.content.review_by,
    base="https://portal.example",
    address=f"https://portal.example/toolkit/{KEY}",
)
SHEETS = workbook.read(SEED.content.workbook)
PAGES = Environment(
    loader=FileSystemLoader(ROOT / "templates"), autoescape=True, trim_blocks=True
).get_template(TEMPLATE)


def html_of(number: int) -> str:
    paper = paper_of(number)
    return PAGES.render(paper=paper, text=printed(paper)).strip()


def plain(number: int) -> bytes:
    """The same page, printed as a newcomer does."""
    from weasyprint import HTML

    css = STYLESHEET.read_text(encoding="utf-8")
    html = html_of(number).replace("</head>", f"<style>{css}</style></head>", 1)
    return HTML(string=html).write_pdf()


def measures() -> Iterator[Measure]:
    renderer = WeasyPrintRenderer(STYLESHEET)

    def pdf(number: int) -> bytes:
        return renderer.render(html_of(number))

    def word(number: int) -> bytes:
        return make_docx(paper_of(number))

    def excel(number: int) -> bytes:
        return make_xlsx(paper_of(number), SHEETS)

    def slides(number: int) -> bytes:
        return make_pptx(paper_of(number))

    def everything(number: int) -> list[bytes]:
        return [pdf(number), word(number), excel(number)]

    for work in (plain, everything, slides):
        work(0)
    timings = interleaved(
        ROUNDS,
        {
            "plain": plain,
            "pdf": pdf,
            "word": word,
            "excel": excel,
            "slides": slides,
            "everything": everything,
        },
    )

    def measure(name: str, what: str, goal: float | None = None) -> Measure:
        return Measure(
            what,
            timings[name].median * 1000,
            "ms",
            ratio=paired_ratio(timings[name], timings["plain"]),
            goal=goal,
            peer="plain print of the same HTML",
        )

    yield measure("pdf", "Resource: tagged PDF", GOAL_PDF)
    yield measure("word", "Resource: Word document")
    yield measure("excel", "Resource: Excel workbook")
    yield measure("slides", "Resource: PowerPoint slides")
    yield measure("everything", "Resource: PDF, Word and Excel", GOAL_ALL)
