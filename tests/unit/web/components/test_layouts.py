"""The furniture of every page, and the files it asks for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from portal.web import assets
from portal.web.brand import BRAND

ROOT = Path(__file__).resolve().parents[4]
ENVIRONMENT = Environment(
    loader=FileSystemLoader(ROOT / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals.update(
    asset_url=lambda name: f"/static/{name}",
    csp_nonce=lambda: "n0nce",
    csrf_token=lambda: "t0ken",
    get_flashed_messages=lambda **_: [
        ("error", "It failed"),
        ("info", "Look"),
        ("success", "Done"),
    ],
)
ERROR_TITLE = "<title>Error: Results \N{EN DASH} Part-Time Talent Portal</title>"
PAGE = (
    '{% extends "layouts/base.html" %}{% block title %}Results{% endblock %}'
    '{% block content %}<h1 class="govuk-heading-l">Results</h1>{% endblock %}'
)


def page(source=PAGE, **context):
    return ENVIRONMENT.from_string(source).render(**context)


def test_the_title_names_the_page_then_the_portal():
    assert ERROR_TITLE.replace("Error: ", "") in page()


@pytest.mark.parametrize(
    "context", [{"form": SimpleNamespace(errors={"a": ["b"]})}, {"page_has_errors": True}]
)
def test_the_title_says_when_there_is_an_error(context):
    assert ERROR_TITLE in page(**context)


def test_every_script_carries_the_nonce():
    assert all('nonce="n0nce"' in tag for tag in re.findall(r"<script[^>]*>", page()))


def test_signing_out_is_a_post_with_a_token():
    shown = page(current_actor=SimpleNamespace(is_authenticated=True, name="Example Owner"))
    form = re.search(r"<form.*?</form>", shown, re.DOTALL)[0]
    assert 'method="post"' in form
    assert 'name="csrf_token" value="t0ken"' in form
    assert "Sign in" not in shown


def test_a_visitor_is_offered_to_sign_in():
    shown = page(current_actor=SimpleNamespace(is_authenticated=False, name=""))
    assert "Sign in" in shown
    assert "Sign out" not in shown


def test_navigation_stands_between_header_and_main_and_may_be_absent():
    shown = page(main_navigation=Markup('<nav aria-label="Main">Here</nav>'))
    assert re.search(r'</header>\s*<nav aria-label="Main">Here</nav>.*<main ', shown, re.DOTALL)
    assert 'aria-label="Main"' not in page()


def test_flash_messages_have_ids_of_their_own():
    ids = re.findall(r'id="(flash-\d)"', page())
    assert ids == ["flash-1", "flash-2", "flash-3"]


@pytest.mark.parametrize("hero", ["", "{% block hero %}<h1>Welcome</h1>{% endblock %}"])
def test_there_is_one_main_landmark(hero):
    shown = page(PAGE + hero)
    assert shown.count("<main ") == shown.count("</main>") == shown.count('id="main-content"') == 1
    assert shown.count("<div") == shown.count("</div>")


def test_a_minimal_page_needs_no_session():
    shown = page(PAGE.replace("base", "minimal"))
    assert "Sign in" not in shown
    assert "flash-" not in shown


def test_mail_carries_the_brand():
    source = (
        '{% extends "layouts/email.html" %}{% from "components/mail.html" import mail_button %}'
        '{% block content %}{{ mail_button(brand, "Confirm", "https://example.org/x") }}'
        "{% endblock %}"
    )
    shown = page(source, brand=BRAND)
    assert f"background-color:{BRAND.brand};" in shown
    assert shown.count("https://example.org/x") == 3


# Built files --------------------------------------------------------------------------------


def test_addresses_carry_the_hash_of_the_content():
    assert re.fullmatch(r"/static/app-[0-9a-f]{12}\.css", assets.asset_url("app.css"))
    assert assets.asset_path("fonts/source-sans-3-latin-400.woff2").is_file()


def test_an_unknown_file_is_a_clear_mistake():
    with pytest.raises(LookupError, match="nothing\\.css"):
        assets.asset_url("nothing.css")


def test_missing_files_say_how_to_build_them(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "DIST", tmp_path)
    assets.manifest.cache_clear()
    try:
        with pytest.raises(assets.AssetsNotBuiltError, match="make setup"):
            assets.asset_url("app.css")
    finally:
        assets.manifest.cache_clear()


def test_the_style_sheet_has_no_trace_of_another_identity():
    css = assets.asset_path("app.css").read_text(encoding="utf-8")
    assert not re.search("gds transport|crown|crest", css, re.IGNORECASE)
    files = set(json.loads((assets.DIST / "manifest.json").read_text()).values())
    wanted = {m for m in re.findall(r"url\(\"?([^)\"]+)", css) if not m.startswith("data:")}
    assert wanted
    assert wanted <= files


def test_the_lockfile_names_no_registry():
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")
