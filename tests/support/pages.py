"""What every page must be: the test client checks it on each answer it gets."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.exceptions import HTTPException

_LABELLED = {"input", "select", "textarea"}
_UNLABELLED_TYPES = {"hidden", "submit", "button", "image", "reset"}


class PageFaultError(AssertionError):
    """A page that breaks a rule every page keeps."""


def check_page(html: str, *, path: str, status: int, csp: str, app: Flask | None = None) -> None:
    """Raise ``PageFaultError`` naming every rule the page breaks."""
    soup = BeautifulSoup(html, "html5lib")
    faults = [
        *_structure(soup, html),
        *_ids(soup),
        *_labels(soup),
        *_scripts(soup, csp),
        *_forms(soup),
        *(_links(soup, app) if app is not None else []),
    ]
    if faults:
        raise PageFaultError(f"{path} ({status}):\n- " + "\n- ".join(faults))


def _structure(soup: BeautifulSoup, html: str) -> list[str]:
    faults = []
    if not html.lstrip().lower().startswith("<!doctype html>"):
        faults.append("no doctype")
    root = soup.find("html")
    if not isinstance(root, Tag) or not root.get("lang"):
        faults.append("no language")
    title = soup.title.string if soup.title and soup.title.string else ""
    if not title.strip() or not title.strip().endswith("Part-Time Talent Portal"):
        faults.append(f"title {title!r} does not end with the portal's name")
    headings = [h.get_text(" ", strip=True) for h in soup.find_all("h1")]
    if len(headings) != 1:
        faults.append(f"{len(headings)} h1 headings: {headings}")
    if not soup.find("main"):
        faults.append("no main")
    if "{{" in html or "{%" in html:
        faults.append("template source on the page")
    for word in ("None", "undefined"):
        main = soup.find("main")
        if main and re.search(rf">\s*{word}\s*<", str(main)):
            faults.append(f"the word {word!r} alone in an element")
    faults += [
        f"empty heading {h.name}"
        for h in soup.find_all(re.compile(r"^h[1-6]$"))
        if not h.get_text(strip=True)
    ]
    faults += [f"image without alt: {i}" for i in soup.find_all("img") if i.get("alt") is None]
    faults += [f"style attribute on <{t.name}>" for t in soup.find_all(style=True)]
    if soup.find("style"):
        faults.append("inline style element")
    return faults


def _ids(soup: BeautifulSoup) -> list[str]:
    ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
    faults = [f"id {i!r} twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    known = set(ids)
    for attribute in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
        for tag in soup.find_all(attrs={attribute: True}):
            value = tag[attribute]
            faults += [
                f"{attribute}={one!r} on <{tag.name}> points at nothing"
                for one in (value if isinstance(value, list) else str(value).split())
                if one not in known and "conditional" not in one
            ]
    return faults


def _labels(soup: BeautifulSoup) -> list[str]:
    labelled = {str(tag["for"]) for tag in soup.find_all("label", attrs={"for": True})}
    faults = []
    for tag in soup.find_all(_LABELLED):
        if tag.get("type") in _UNLABELLED_TYPES:
            continue
        if (
            tag.get("id") in labelled
            or tag.get("aria-label")
            or tag.get("aria-labelledby")
            or tag.find_parent("label")
        ):
            continue
        faults.append(f"no label for <{tag.name} name={tag.get('name')!r}>")
    faults += [
        f"button with no words: {b}"
        for b in soup.find_all("button")
        if not (b.get_text(strip=True) or b.get("aria-label"))
    ]
    return faults


def _scripts(soup: BeautifulSoup, csp: str) -> list[str]:
    faults = []
    nonce = re.search(r"'nonce-([^']+)'", csp)
    for script in soup.find_all("script"):
        if script.get("type") in {"application/json", "application/ld+json"}:
            continue
        if nonce is None or script.get("nonce") != nonce[1]:
            faults.append(f"script without this response's nonce: {str(script)[:80]}")
    for tag in soup.find_all(True):
        faults += [f"{a} on <{tag.name}>" for a in tag.attrs if a.lower().startswith("on")]
    if "unsafe-inline" in csp or "unsafe-eval" in csp:
        faults.append("the policy allows inline code")
    return faults


def _forms(soup: BeautifulSoup) -> list[str]:
    faults = []
    for form in soup.find_all("form"):
        posts = str(form.get("method", "get")).lower() == "post"
        if posts and not form.find("input", attrs={"name": "csrf_token"}):
            faults.append(f"form to {form.get('action')!r} posts without a CSRF token")
    return faults


def _links(soup: BeautifulSoup, app: Flask) -> list[str]:
    faults = []
    adapter = app.url_map.bind("localhost")
    for tag in soup.find_all(["a", "form"]):
        target = tag.get("href") if tag.name == "a" else tag.get("action")
        if target is None:
            if tag.name == "a":
                faults.append(f"link without an address: {tag.get_text(strip=True)!r}")
            continue
        parts = urlsplit(str(target))
        if tag.name == "a" and not (tag.get_text(strip=True) or tag.get("aria-label")):
            faults.append(f"link to {target!r} with no words")
        if parts.scheme or parts.netloc:
            continue
        if not parts.path:
            if parts.fragment and not soup.find(id=parts.fragment):
                faults.append(f"#{parts.fragment} is nowhere on the page")
            continue
        method = str(tag.get("method", "get")).upper() if tag.name == "form" else "GET"
        try:
            adapter.match(parts.path, method=method)
        except HTTPException as error:
            if getattr(error, "new_url", None) is None:
                faults.append(f"{method} {target!r} leads nowhere")
    return faults
