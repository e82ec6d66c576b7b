from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from pypdf import PdfReader

from portal.action_plans.example_plan import example_document
from portal.action_plans.pdf_view import render_plan_html, render_plan_pdf
from portal.integrations import pdf as pdf_module
from portal.integrations.pdf import PdfError, WeasyPrintRenderer
from tests.support.fetching import VECTORS, Listener, aimed


@pytest.fixture(scope="module")
def renderer():
    return WeasyPrintRenderer()


@pytest.fixture(scope="module")
def content(renderer):
    return render_plan_pdf(example_document(signed_off=True), renderer)


@pytest.fixture(scope="module")
def reader(content):
    return PdfReader(io.BytesIO(content))


@pytest.fixture(scope="module")
def words(reader):
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def structure(reader):
    """Every structure element of the document."""
    todo = [reader.trailer["/Root"]["/StructTreeRoot"].get_object()]
    while todo:
        element = todo.pop()
        yield element
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            found = kid.get_object() if hasattr(kid, "get_object") else kid
            if isinstance(found, dict) and found.get("/Type") == "/StructElem":
                todo.append(found)


def test_it_is_tagged_and_says_its_language_and_title(reader):
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert reader.metadata.title == "Action plan for EXAMPLE: Harbour & Dale Stores Ltd"
    assert reader.metadata.author == "Part-Time Talent Portal"


def test_it_claims_pdf_ua_1(reader):
    xmp = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert re.search(r'pdfuaid:part="1"|<pdfuaid:part>1<', xmp)


def test_headings_come_in_order_and_tables_have_headers(reader):
    kinds = [element.get("/S") for element in structure(reader)]
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") == 5
    assert {"/H3", "/Table", "/TH", "/TD", "/L", "/LI", "/Figure", "/Link"} <= set(kinds)
    assert not {"/H5", "/H6"} & set(kinds)


def test_every_figure_says_what_it_shows(reader):
    alts = [each.get("/Alt") for each in structure(reader) if each.get("/S") == "/Figure"]
    assert len(alts) == 3
    assert all(alts)
    spoken = " ".join(map(str, alts))
    assert "43 out of 100" in spoken
    assert "Leadership 50" in spoken
    assert "Measurement no score" in spoken


def test_it_has_bookmarks(reader):
    titles = [each.title for each in reader.outline if not isinstance(each, list)]
    assert titles == [
        "Summary",
        "Scores",
        "Actions",
        "Business case",
        "Where the evidence comes from",
    ]
    nested = [each.title for part in reader.outline if isinstance(part, list) for each in part]
    assert "Open better jobs to part-time staff" in nested


def test_four_to_six_pages_each_with_its_number(reader):
    pages = len(reader.pages)
    assert 4 <= pages <= 6
    for number in range(2, pages + 1):
        assert f"Page {number} of {pages}" in reader.pages[number - 1].extract_text()


def test_the_summary_is_one_page(reader):
    assert "Does it pay?" in reader.pages[1].extract_text()
    assert "Scores" in reader.pages[2].extract_text()


def test_everything_is_on_it(words):
    document = example_document(signed_off=True)
    expected = [
        "Employer: signed off by Example Director",
        "Adviser: signed by Example Adviser",
        "Agreed: signed by employer and adviser",
        "Written statement of terms from the first day",
        *(goal.title for goal in document.goals),
        *(action.title for action in document.actions),
        *(action.first_step for action in document.actions),
        *(each.title for each in document.dimensions),
        *(each.title for each in document.sources),
        *(point.title for point in (*document.strengths, *document.gaps)),
        *document.small_print,
        "£1,621.24",
        "Our examples: change them, as at 22 November 2026",
        "The employer’s figures, as at 22 November 2026",  # noqa: RUF001
        document.comparison.message,
    ]
    # A line may break at a hyphen or anywhere in a narrow column: compare without spaces.
    solid = words.replace(" ", "")
    assert [each for each in expected if re.sub(r"\s", "", each) not in solid] == []


def test_a_draft_says_so(renderer):
    content = render_plan_pdf(example_document(), renderer)
    assert "Draft – not yet signed off" in PdfReader(io.BytesIO(content)).pages[0].extract_text()  # noqa: RUF001


def fonts(reader):
    found = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            found[inner["/BaseFont"]] = inner["/FontDescriptor"].get_object()
    return found


def test_the_font_is_embedded_and_it_is_ours(reader):
    found = fonts(reader)
    assert found
    assert all("Source-Sans-3" in name for name in found), found.keys()
    assert all({"/FontFile2", "/FontFile3"} & set(each) for each in found.values())


def test_welsh_letters_and_right_to_left_names_are_kept(renderer):
    document = replace(example_document(), employer_name="Ŵylan Tŷ Cyf · شركة المثال")
    reader = PdfReader(io.BytesIO(render_plan_pdf(document, renderer)))
    assert "Ŵylan Tŷ Cyf" in reader.pages[0].extract_text()
    assert any("Extended" in name for name in fonts(reader))


def test_links_work_and_only_to_the_web(reader):
    addresses = {
        annotation.get_object()["/A"]["/URI"]
        for page in reader.pages
        for annotation in page.get("/Annots", [])
        if "/A" in annotation.get_object()
    }
    assert "https://www.acas.org.uk/flexible-working" in addresses
    assert all(address.startswith("https://") for address in addresses)


def test_equal_documents_give_equal_bytes(renderer, content):
    other = WeasyPrintRenderer()
    assert render_plan_pdf(example_document(signed_off=True), renderer) == content
    assert render_plan_pdf(example_document(1, signed_off=True), other) != content
    assert render_plan_pdf(example_document(signed_off=True), other) == content


def test_the_page_is_well_formed_and_both_parsers_agree(content, monkeypatch):
    html = render_plan_html(example_document(signed_off=True))
    ET.fromstring(html)  # noqa: S314 - our own page: the quick way in is taken
    monkeypatch.setattr(pdf_module, "_WELL_FORMED", "never")
    assert WeasyPrintRenderer().render(html) == content


def test_the_small_sheet_of_elements_gives_the_bytes_of_the_engines_own(content):
    from weasyprint import HTML

    full = WeasyPrintRenderer()
    small = full.render(render_plan_html(example_document()))
    full._engine._html = HTML
    assert full.render(render_plan_html(example_document(signed_off=True))) == content
    assert full.render(render_plan_html(example_document())) == small


def test_markup_that_is_not_well_formed_is_read_as_a_browser_would(renderer):
    page = "<!DOCTYPE html><html lang=en><title>t</title><p>one<p>two &nbsp; <br>three"
    said = PdfReader(io.BytesIO(renderer.render(page))).pages[0].extract_text()
    assert re.search(r"one\s+two\s+three", said)


def test_entities_are_not_expanded(renderer):
    page = (
        '<!DOCTYPE html><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        "<html lang='en'><head><title>t</title></head><body>&b;</body></html>"
    )
    said = PdfReader(io.BytesIO(renderer.render(page))).pages[0].extract_text()
    assert "aaaaaaaaaa" * 3 not in said


@pytest.mark.parametrize("times", [0, 3])
def test_no_actions_and_forty_five(renderer, times):
    document = example_document()
    goals = tuple(replace(goal, actions=goal.actions * times) for goal in document.goals)
    reader = PdfReader(io.BytesIO(render_plan_pdf(replace(document, goals=goals), renderer)))
    assert len(reader.pages) <= 12
    said = " ".join(page.extract_text() for page in reader.pages)
    assert ("No actions have been chosen yet" in said) == (times == 0)


def test_a_document_that_would_not_end_is_refused(renderer):
    with pytest.raises(PdfError, match="pages"):
        WeasyPrintRenderer(max_pages=2).render(render_plan_html(example_document()))
    with pytest.raises(PdfError, match="too large"):
        renderer.render("x" * (pdf_module.MAX_HTML + 1))


def test_without_the_fonts_it_still_prints(tmp_path):
    plain = WeasyPrintRenderer(font_folders=[tmp_path])
    reader = PdfReader(io.BytesIO(render_plan_pdf(example_document(), plain)))
    assert "Summary" in reader.pages[1].extract_text()


def test_the_engine_is_not_imported_before_it_is_needed():
    script = (
        "import sys, portal.integrations.pdf as p; p.WeasyPrintRenderer();"
        "sys.exit('weasyprint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=pdf_module.ROOT)
    assert done.returncode == 0


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.close()


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_is_fetched_even_when_markup_gets_through(renderer, listener, tmp_path, vector):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of this machine")
    for address in (f"http://127.0.0.1:{listener.port}/x", secret.as_uri()):
        body = aimed(vector, address)
        made = renderer.render(
            f"<html lang=en><title>t</title><body>{body}<p>end</p></body></html>"
        )
        reader = PdfReader(io.BytesIO(made))
        assert not reader.attachments
        assert "secret of" not in "".join(page.extract_text() for page in reader.pages)
    assert listener.calls == 0


def test_markup_in_a_plan_is_only_text(renderer, listener):
    url = f"http://127.0.0.1:{listener.port}/x"
    hostile = "".join(aimed(vector, url) for vector in VECTORS[:4])
    document = example_document()
    action = replace(document.actions[0], title=hostile[:190], why=hostile, first_step=hostile)
    goals = (replace(document.goals[0], actions=(action,)), *document.goals[1:])
    made = render_plan_pdf(
        replace(document, employer_name=hostile[:190], goals=goals, small_print=(hostile,)),
        renderer,
    )
    reader = PdfReader(io.BytesIO(made))
    assert listener.calls == 0
    assert not reader.attachments
    assert "<img src=" in reader.pages[0].extract_text()
