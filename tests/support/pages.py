"""What every page must be: the test client checks it on each answer it gets.

Tens of thousands of pages pass here in a run, so they are searched as Lexbor parsed them, which
builds the tree that the HTML standard prescribes; no soup is made of them.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from urllib.parse import urlsplit

from flask import Flask
from selectolax.lexbor import LexborHTMLParser, LexborNode
from werkzeug.exceptions import HTTPException

_UNLABELLED_TYPES = {"hidden", "submit", "button", "image", "reset"}
_DATA = {"application/json", "application/ld+json"}
_POINTERS = ("aria-describedby", "aria-labelledby", "aria-controls", "for")


class PageFaultError(AssertionError):
    """A page that breaks a rule every page keeps."""


def check_page(html: str, *, path: str, status: int, csp: str, app: Flask | None = None) -> None:
    """Raise ``PageFaultError`` naming every rule the page breaks."""
    page = LexborHTMLParser(html)
    ids = [_attribute(tag, "id") for tag in page.css("[id]")]
    faults = [
        *_structure(page, html),
        *_ids(page, ids),
        *_labels(page),
        *_scripts(page, csp),
        *_forms(page),
        *(_links(page, set(ids), app) if app is not None else []),
    ]
    if faults:
        raise PageFaultError(f"{path} ({status}):\n- " + "\n- ".join(faults))


def _attribute(tag: LexborNode, name: str) -> str:
    """An attribute's value; nothing where it is empty or absent."""
    return tag.attributes.get(name) or ""


def _words(tag: LexborNode) -> str:
    """What is read in an element, without the text of scripts in it."""
    if tag.css_first("script") is None:
        return tag.text(separator=" ", strip=True)
    texts = [
        (node.text_content or "").strip()
        for node in tag.traverse(include_text=True)
        if node.is_text_node and node.parent is not None and node.parent.tag != "script"
    ]
    return " ".join(text for text in texts if text)


def _structure(page: LexborHTMLParser, html: str) -> list[str]:
    faults = []
    if not html.lstrip().lower().startswith("<!doctype html>"):
        faults.append("no doctype")
    root = page.css_first("html")
    if root is None or not _attribute(root, "lang"):
        faults.append("no language")
    named = page.css_first("title")
    title = named.text() if named is not None else ""
    if not title.strip().endswith("Part-Time Talent Portal"):
        faults.append(f"title {title!r} does not end with the portal's name")
    headings = [_words(heading) for heading in page.css("h1")]
    if len(headings) != 1:
        faults.append(f"{len(headings)} h1 headings: {headings}")
    main = page.css_first("main")
    if main is None:
        faults.append("no main")
    if "{{" in html or "{%" in html:
        faults.append("template source on the page")
    content = (main.html or "") if main is not None else ""
    faults += [
        f"the word {word!r} alone in an element"
        for word in ("None", "undefined")
        if re.search(rf">\s*{word}\s*<", content)
    ]
    faults += [
        f"empty heading {heading.tag}"
        for heading in page.css("h1, h2, h3, h4, h5, h6")
        if not _words(heading)
    ]
    faults += [f"image without alt: {image.html}" for image in page.css("img:not([alt])")]
    faults += [f"style attribute on <{tag.tag}>" for tag in page.css("[style]")]
    if page.css_first("style") is not None:
        faults.append("inline style element")
    return faults


def _ids(page: LexborHTMLParser, ids: list[str]) -> list[str]:
    known = set(ids)
    faults = []
    if len(known) != len(ids):
        faults += [f"id {one!r} twice" for one in sorted(known) if ids.count(one) > 1]
    for attribute in _POINTERS:
        for tag in page.css(f"[{attribute}]"):
            faults += [
                f"{attribute}={one!r} on <{tag.tag}> points at nothing"
                for one in _attribute(tag, attribute).split()
                if one not in known and "conditional" not in one
            ]
    return faults


def _labels(page: LexborHTMLParser) -> list[str]:
    labelled = {_attribute(label, "for") for label in page.css("label[for]")}
    faults = []
    for tag in page.css("input, select, textarea"):
        if _attribute(tag, "type") in _UNLABELLED_TYPES:
            continue
        if (
            (tag.id and tag.id in labelled)
            or _attribute(tag, "aria-label")
            or _attribute(tag, "aria-labelledby")
            or _is_inside(tag, "label")
        ):
            continue
        faults.append(f"no label for <{tag.tag} name={tag.attributes.get('name')!r}>")
    faults += [
        f"button with no words: {button.html}"
        for button in page.css("button")
        if not (_words(button) or _attribute(button, "aria-label"))
    ]
    return faults


def _is_inside(tag: LexborNode, name: str) -> bool:
    around = tag.parent
    while around is not None and around.tag != name:
        around = around.parent
    return around is not None


def _is_known(script: LexborNode, csp: str) -> bool:
    """Whether a policy without a nonce lets the script run: one of our files, or by its hash."""
    source = _attribute(script, "src")
    if source:
        return source.startswith("/static/") and "script-src 'self'" in csp
    words = script.text(deep=True).encode()
    return f"'sha256-{b64encode(hashlib.sha256(words).digest()).decode()}'" in csp


def _scripts(page: LexborHTMLParser, csp: str) -> list[str]:
    faults = []
    nonce = re.search(r"'nonce-([^']+)'", csp)
    for script in page.css("script"):
        if _attribute(script, "type") in _DATA:
            continue
        if nonce is None and _is_known(script, csp):
            continue
        if nonce is None or _attribute(script, "nonce") != nonce[1]:
            faults.append(f"script without this response's nonce: {(script.html or '')[:80]}")
    for tag in page.css("*"):
        faults += [
            f"{name} on <{tag.tag}>" for name in tag.attributes if name.lower().startswith("on")
        ]
    if "unsafe-inline" in csp or "unsafe-eval" in csp:
        faults.append("the policy allows inline code")
    return faults


def _forms(page: LexborHTMLParser) -> list[str]:
    faults = []
    for form in page.css("form"):
        action = form.attributes.get("action")
        token = form.css_first("input[name='csrf_token']")
        if (form.attributes.get("method") or "get").lower() != "post":
            continue
        # A ticket to another programme is the key by itself; form tokens are nobody else's.
        if token is None and form.css_first("input[name='ticket']") is None:
            faults.append(f"form to {action!r} posts without a CSRF token")
        if token is not None and urlsplit(action or "").netloc:
            faults.append(f"form to {action!r} gives a CSRF token away")
    return faults


def _links(page: LexborHTMLParser, ids: set[str], app: Flask) -> list[str]:
    faults = []
    adapter = app.url_map.bind("localhost")
    for tag in page.css("a, form"):
        is_link = tag.tag == "a"
        name = "href" if is_link else "action"
        if name not in tag.attributes:
            if is_link:
                faults.append(f"link without an address: {_words(tag)!r}")
            continue
        target = _attribute(tag, name)
        parts = urlsplit(target)
        if is_link and not (_words(tag) or _attribute(tag, "aria-label")):
            faults.append(f"link to {target!r} with no words")
        if parts.scheme or parts.netloc:
            continue
        if not parts.path:
            if parts.fragment and parts.fragment not in ids:
                faults.append(f"#{parts.fragment} is nowhere on the page")
            continue
        method = "GET" if is_link else (tag.attributes.get("method") or "get").upper()
        try:
            adapter.match(parts.path, method=method)
        except HTTPException as error:
            if getattr(error, "new_url", None) is None:
                faults.append(f"{method} {target!r} leads nowhere")
    return faults
