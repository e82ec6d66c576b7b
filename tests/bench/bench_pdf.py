"""The action plan's PDF against what a newcomer writes, a warm browser and a drawing library.

Every document carries its own words. BENCH_ROUNDS sets the rounds (9); BENCH_FULL=1 prints the 500
documents of the memory goal instead of 120.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from portal.action_plans.example_plan import example_document  # noqa: E402
from portal.action_plans.pdf_view import render_plan_html  # noqa: E402
from portal.integrations.pdf import (  # noqa: E402
    PLAN_STYLESHEET,
    WeasyPrintRenderer,
    font_face_rules,
)
from scripts.chromium import find_chromium  # noqa: E402
from tests.bench.harness import Measure, interleaved, paired_ratio, report  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
DOCUMENTS = 500 if os.environ.get("BENCH_FULL") else 120
FIRST = 40
CHROMIUM = find_chromium() or "chromium"
DIST = ROOT / "static" / "dist"
GIB = 1024**3


def plan_html(number: int) -> str:
    return render_plan_html(example_document(number))


def with_style(html: str, css: str) -> str:
    return html.replace("</head>", f"<style>{css}</style></head>", 1)


def framework_css() -> str:
    built = sorted(DIST.glob("app*.css"))
    return built[-1].read_text(encoding="utf-8") if built else ""


def naive(number: int) -> bytes:
    """The same document as a newcomer prints it: one string with every style in it."""
    from weasyprint import HTML

    css = framework_css() + PLAN_STYLESHEET.read_text(encoding="utf-8")
    page = HTML(string=with_style(plan_html(number), css), base_url=f"{DIST}/")
    return page.write_pdf(pdf_variant="pdf/ua-1")


def fpdf2_floor(number: int) -> bytes:
    """The words of the document through a drawing library: no layout rules, no tags, no design."""
    from fpdf import FPDF

    document = example_document(number)
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=9)
    pdf.multi_cell(0, 5, document.employer_name, new_x="LMARGIN", new_y="NEXT")
    with pdf.table() as table:
        for each in document.dimensions:
            cells = table.row()
            for text in (each.title, str(each.score), each.maturity, str(each.answered)):
                cells.cell(text)
    with pdf.table(col_widths=(10, 110, 30, 30)) as table:
        for place, action in enumerate(document.actions, 1):
            cells = table.row()
            said = f"{action.title} {action.because} {action.why} {action.first_step}"
            for text in (str(place), said, action.owner, action.status):
                cells.cell(text)
    with pdf.table() as table:
        for line in document.business_case.assumptions if document.business_case else ():
            cells = table.row()
            for text in (line.label, line.value.replace("\u2212", "-"), line.origin):
                cells.cell(text)
    for dimension in document.dimensions:
        pdf.rect(10, 10, dimension.score or 1, 4, style="F")
    return bytes(pdf.output())


def descendants(parent: int) -> list[int]:
    """Every process started by `parent`, directly or not."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(after_name[1]), []).append(int(entry.name))
    found: list[int] = []
    todo = [parent]
    while todo:
        below = children.get(todo.pop(), [])
        found.extend(below)
        todo.extend(below)
    return found


def proportional_memory(pid: int) -> int:
    """Bytes of memory of a process, shared pages divided among those that share them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def browser_memory() -> int:
    """Bytes of all Chromium processes below this one."""
    total = 0
    for pid in descendants(os.getpid()):
        try:
            name = Path(f"/proc/{pid}/comm").read_text()
        except OSError:
            continue
        if "chrom" in name:
            total += proportional_memory(pid)
    return total


def print_many() -> None:
    """In a process of its own: bytes after the first documents and after all of them."""
    renderer = WeasyPrintRenderer()
    for number in range(1, DOCUMENTS + 1):
        renderer.render(plan_html(number))
        if number in {FIRST, DOCUMENTS}:
            gc.collect()
            print(proportional_memory(os.getpid()), flush=True)


def memory_of_many() -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, __file__, "--print-many"], capture_output=True, text=True, check=True
    )
    first, last = map(int, done.stdout.split())
    return first, last


def measures() -> Iterator[Measure]:
    """Every PDF measure of `make bench`."""
    from playwright.sync_api import sync_playwright

    renderer = WeasyPrintRenderer()
    css = font_face_rules() + PLAN_STYLESHEET.read_text(encoding="utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()

        def ours(number: int) -> bytes:
            return renderer.render(plan_html(number))

        def printed(into: Page, number: int) -> bytes:
            into.set_content(with_style(plan_html(number), css))
            # Tags and bookmarks as ours has them.
            return into.pdf(
                prefer_css_page_size=True, print_background=True, tagged=True, outline=True
            )

        def kept_open(number: int) -> bytes:
            return printed(page, number)

        def tab_each(number: int) -> bytes:
            # What a worker would do: nothing of one employer's document is left for the next.
            tab = context.new_page()
            try:
                return printed(tab, number)
            finally:
                tab.close()

        timed = interleaved(
            ROUNDS,
            {
                "ours": ours,
                "naive": naive,
                "one tab kept": kept_open,
                "a tab each": tab_each,
                "fpdf2": fpdf2_floor,
            },
            warm=2,
        )
        chromium_bytes = browser_memory()
        browser.close()
    floor = paired_ratio(timed["ours"], timed["fpdf2"])
    milliseconds = timed["ours"].median * 1000
    pages = len(_reader(ours(0)).pages)
    yield Measure(
        "PDF warm plan vs naive path",
        milliseconds,
        "ms",
        ratio=paired_ratio(timed["ours"], timed["naive"]),
        goal=0.80,
        peer="naive",
        floor=floor,
        floor_name="fpdf2",
        note=f"{pages} pages" + ("" if framework_css() else "; no built framework CSS found"),
    )
    first, last = memory_of_many()
    ours_rate = 1 / timed["ours"].median / (last / GIB)
    for peer in ("a tab each", "one tab kept"):
        yield Measure(
            f"PDF warm plan vs warm Chromium, {peer}",
            milliseconds,
            "ms",
            ratio=paired_ratio(timed["ours"], timed[peer]),
            goal=2.2,
            peer="Chromium",
            floor=floor,
            floor_name="fpdf2",
        )
        chromium_rate = 1 / timed[peer].median / (chromium_bytes / GIB)
        yield Measure(
            f"PDF documents per second per GiB, {peer}",
            ours_rate,
            "/s/GiB",
            ratio=ours_rate / chromium_rate,
            goal=3.0,
            peer="Chromium",
            higher_is_better=True,
            note=f"{last / 2**20:.0f} MiB against {chromium_bytes / 2**20:.0f} MiB",
        )
    yield Measure(
        f"PDF memory after {DOCUMENTS} documents",
        last / 2**20,
        "MiB",
        ratio=last / first,
        goal=1.3,
        peer=f"after {FIRST}",
    )


def _reader(content: bytes):
    import io

    from pypdf import PdfReader

    return PdfReader(io.BytesIO(content))


if __name__ == "__main__":
    if "--print-many" in sys.argv:
        print_many()
    else:
        sys.exit(1 if report(measures()) else 0)
