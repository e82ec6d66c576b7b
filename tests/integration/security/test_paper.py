"""What is printed fetches nothing, whatever somebody typed into any field that reaches a paper."""

from __future__ import annotations

import ast
import io
import os
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from pypdf import PdfReader

from portal.integrations.docx import make_docx
from portal.integrations.pdf import WeasyPrintRenderer
from portal.integrations.pptx import make_pptx
from tests.integration.conftest import make_app
from tests.support.fetching import VECTORS, Listener, aimed, watched
from tests.support.papers import PAPERS, hostile

ROOT = Path(__file__).resolve().parents[3]
# What makes a browser or a renderer fetch, and where it stands.
FETCHING = (
    *("img", "link", "script", "style", "object", "embed", "iframe", "video", "audio", "input"),
    *("base", "meta", "image", "use", "foreignobject", "source", "track", "form"),
)
VALUES = {
    *("src", "srcset", "href", "xlink:href", "data", "poster", "background", "style", "action"),
    *("formaction", "manifest", "cite", "longdesc", "usemap", "content"),
}
# A reader follows the one; the other are a document's title, author and the like.
HARMLESS = {("a", "href"), ("meta", "content")}
# Each field gets vectors in turn, so that each gets all of them in as many rounds as there are.
ROUNDS = len(VECTORS) if os.environ.get("BIG") else 1
# An odd step, so that a short run has addresses of both kinds.
STEP = 1 if os.environ.get("BIG") else 5


@pytest.fixture(scope="module")
def drawing(tmp_path_factory) -> Iterator[Flask]:
    """An application to draw with; nothing here asks its database."""
    folder = tmp_path_factory.mktemp("drawing")
    app = make_app(f"sqlite:///{folder / 'none.db'}", folder)
    with app.app_context():
        yield app


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("the secret of this machine")
    return path


def attacks(listener: Listener, secret: Path) -> list[str]:
    """Every vector at the server and at the file."""
    addresses = (f"http://127.0.0.1:{listener.port}/x", secret.as_uri())
    return [aimed(vector, address) for vector in VECTORS for address in addresses]


def words_of(data: bytes) -> str:
    reader = PdfReader(io.BytesIO(data))
    assert not reader.attachments
    return "".join(page.extract_text() for page in reader.pages)


def fetchers(html: str) -> list[str]:
    """Elements that fetch, in order."""
    return [tag.name for tag in BeautifulSoup(html, "html.parser").find_all(FETCHING)]


def planted(html: str, address: str) -> list[tuple[str, str]]:
    """Where an address stands as a value of an element, other than where it is only text."""
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all():
        for name, value in tag.attrs.items():
            if address in str(value) and name in VALUES and (tag.name, name) not in HARMLESS:
                found.append((tag.name, name))
    return found


def test_every_paper_is_here():
    printed = {
        path.relative_to(ROOT / "templates").as_posix()
        for path in (ROOT / "templates").rglob("pdf/*.html")
        if not path.name.startswith("_")
    }
    assert printed == set(PAPERS), "a new paper needs an example in tests/support/papers.py"


def test_every_maker_of_a_renderer_is_attacked():
    makers = set()
    for path in (ROOT / "portal").rglob("*.py"):
        text = path.read_text()
        for node in ast.walk(ast.parse(text if "easy" in text else "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("WeasyPrintRenderer"):
                makers.add(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."))
            # Whoever draws without the renderer of ours has another fetcher.
            if isinstance(node, ast.ImportFrom | ast.Import) and "weasyprint" in ast.unparse(node):
                assert path.name == "pdf.py", f"{path} draws by itself"
    attacked = {one.renderer.__module__ for one in PAPERS.values()}
    # The command line's plan is drawn like the worker's, by a renderer of the same kind.
    assert makers == attacked | {"portal.action_plans.headless"}


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPERS)
def test_a_word_of_anybody_is_only_a_word_on_every_paper(drawing, listener, secret, name):
    one = PAPERS[name]
    plain = fetchers(one.html(*one.example()))
    for place in range(0, len(VECTORS) * 2, STEP):
        attack, address = attacks(listener, secret)[place], f"127.0.0.1:{listener.port}"
        marked = [hostile(each, lambda _, it=attack: it, one.closed) for each in one.example()]
        html = one.html(*marked)
        assert fetchers(html) == plain, attack
        assert not planted(html, address), attack
        assert not planted(html, secret.as_uri()), attack


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPERS)
def test_every_field_of_every_paper_is_drawn_without_a_request(
    drawing, listener, secret, name, record_property
):
    one, fields, met = PAPERS[name], set(), set()
    for turn in range(ROUNDS):
        numbers = count(turn)

        def mark(place: str, numbers=numbers) -> str:
            vector = next(numbers) % len(VECTORS)
            fields.add(place)
            met.add((place, vector))
            return attacks(listener, secret)[vector * 2]

        marked = [hostile(each, mark, one.closed) for each in one.example()]
        with watched(secret) as opened:
            words = words_of(one.renderer().render(one.html(*marked)))
        assert "secret of" not in words
        assert (listener.calls, opened) == (0, [0])
    assert len(fields) >= 3, "an example without texts attacks nothing"
    record_property("vectors in fields", f"{len(met)} in {len(fields)}")
    assert len(met) >= len(fields) * ROUNDS


@pytest.mark.parametrize("name", PAPERS)
def test_even_markup_that_got_through_fetches_nothing(drawing, listener, secret, name):
    body = "".join(f"<div>{one}</div>" for one in attacks(listener, secret))
    page = f"<html lang=en><head><title>t</title></head><body>{body}<p>end</p></body></html>"
    with watched(secret) as opened:
        words = words_of(PAPERS[name].renderer().render(page))
    assert "secret of" not in words
    assert (listener.calls, opened) == (0, [0])


def test_with_the_librarys_own_fetcher_it_does(listener, secret):
    """The control: the same vectors, the same watchers, the default fetcher."""
    from weasyprint.urls import URLFetcher

    open_one = WeasyPrintRenderer()
    open_one.render("<html lang=en><title>t</title><p>x</p></html>")
    open_one._engine._fetcher = URLFetcher(timeout=2)
    reached = 0
    with watched(secret) as opened:
        for vector in VECTORS:
            before = listener.calls
            for address in (f"http://127.0.0.1:{listener.port}/x", secret.as_uri()):
                page = f"<html lang=en><title>t</title><body>{aimed(vector, address)}<p>end</p>"
                open_one.render(page)
            reached += listener.calls > before
    assert reached >= 15
    assert opened[0] >= 10


def test_a_template_that_trusts_what_is_typed_is_noticed(drawing, listener, secret):
    """The control for the pages: with escaping off, elements and addresses appear."""
    one = PAPERS["network/events/pdf/certificate.html"]
    plain = fetchers(one.html(*one.example()))
    attack = attacks(listener, secret)[0]
    marked = [hostile(each, lambda _: attack, one.closed) for each in one.example()]
    escaping, drawing.jinja_env.autoescape = drawing.jinja_env.autoescape, False
    drawing.jinja_env.cache.clear()
    loaded, drawing.jinja_env.bytecode_cache = drawing.jinja_env.bytecode_cache, None
    try:
        html = one.html(*marked)
    finally:
        drawing.jinja_env.autoescape, drawing.jinja_env.bytecode_cache = escaping, loaded
        drawing.jinja_env.cache.clear()
    assert fetchers(html) != plain
    assert ("img", "src") in planted(html, f"127.0.0.1:{listener.port}")


def outside(data: bytes) -> list[str]:
    """Addresses outside an office file that opening it would lead to, and parts with programs."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            assert not name.lower().endswith((".bin", ".vba", ".js")), name
            if name.endswith(".rels"):
                ways = [way.attrib for way in ET.fromstring(archive.read(name))]  # noqa: S314
                out = [way for way in ways if way.get("TargetMode") == "External"]
                found += [f"{way['Type'].rpartition('/')[2]} {way['Target']}" for way in out]
    return found


# Addresses of sources are checked when a text is saved; the rest is the portal's own.
_OWN_WORDS = frozenset({"Paper.base", "Paper.kind", "Paper.address", "Reference.url"})


@pytest.mark.parametrize("make", [make_docx, make_pptx])
def test_office_files_lead_out_only_by_links_that_a_reader_follows(listener, secret, make):
    text = "\n\n".join(attacks(listener, secret)) + f"\n\n![x](http://127.0.0.1:{listener.port}/y)"
    (example,) = PAPERS["toolkit/pdf/resource.html"].example()
    marked = hostile(example, lambda _: text, _OWN_WORDS)
    with watched(secret) as opened:
        ways = outside(make(marked))
    assert (listener.calls, opened) == (0, [0])
    assert [way for way in ways if not way.startswith("hyperlink http")] == []
