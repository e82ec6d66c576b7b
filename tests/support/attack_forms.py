"""Forms filled in by somebody who means harm: every field of every form, and what is odd."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.support.attack_queries import ATTACKS, WRONG
from tests.support.script_payloads import PAYLOADS

ODD: Final[tuple[str, ...]] = (
    *ATTACKS,
    *WRONG,
    *(one.text for one in PAYLOADS[::5]),
    "9" * 5000,
    "-" + "9" * 400,
    "31",
    "\x00",
    "\ud800",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 50,
    "e\u0301" * 3000,
    "1,200.005",
    "\u00a312",
    "a@b@c",
    "x" * 300 + "@example.org",
    "'\"<>@example.org",
    "java\tscript:alert(1)",
    "http://[::1",
    "https://" + "a" * 3000,
    "SW1A 1AA\n",
)
_SELF: Final = frozenset({"csrf_token", "next"})
# What ends the attacker's own visit, or takes the place of another's.
LEFT_ALONE: Final = frozenset({"security.logout", "accounts.end_sessions"})


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a form."""

    name: str
    kind: str
    values: tuple[str, ...]
    is_ticked: bool = False


@dataclass(frozen=True, slots=True)
class PageForm:
    """A form as it stands on a page."""

    action: str
    inputs: tuple[Input, ...] = field(default=())

    @property
    def names(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(one.name for one in self.inputs)


def forms_on(html: str, path: str) -> Iterator[PageForm]:
    """Every form of a page that writes."""
    for form in LexborHTMLParser(html).css("form"):
        if (form.attributes.get("method") or "").lower() != "post":
            continue
        action = form.attributes.get("action") or path
        tags = form.css("input[name], textarea[name], select[name], button[name]")
        yield PageForm(action, tuple(_input(tag) for tag in tags))


def _input(tag: LexborNode) -> Input:
    name = str(tag.attributes.get("name") or "")
    kind = str(tag.attributes.get("type") or tag.tag)
    if tag.tag == "select":
        values = tuple(str(one.attributes.get("value") or "") for one in tag.css("option"))
        return Input(name, "select", values)
    if tag.tag == "textarea":
        return Input(name, "textarea", (tag.text(),))
    is_ticked = "checked" in tag.attributes
    return Input(name, kind, (str(tag.attributes.get("value") or ""),), is_ticked)


def filled(form: PageForm, chance: random.Random, odd: Sequence[str] = ODD) -> dict[str, Any]:
    """What is sent: the token is right, the rest is partly right, partly odd, partly missing."""
    sent: dict[str, Any] = {}
    how = chance.random()
    for one in form.inputs:
        if one.name == "csrf_token":
            sent[one.name] = one.values[0]
        elif chance.random() < 0.05:
            continue
        elif one.kind == "file":
            sent[one.name] = _file(chance, odd)
        elif one.name in _SELF or chance.random() > how:
            _as_it_stands(sent, one, chance)
        else:
            sent[one.name] = chance.choice(odd)
    if chance.random() < 0.1:
        sent[chance.choice(["id", "role", "state", "employer_id"])] = chance.choice(odd)
    return {name: _sendable(value) for name, value in sent.items()}


def _as_it_stands(sent: dict[str, Any], one: Input, chance: random.Random) -> None:
    """What a hand would enter: a choice that is offered, a word, a number."""
    if one.kind in {"radio", "checkbox"}:
        if one.is_ticked or one.name not in sent or chance.random() < 0.3:
            sent[one.name] = one.values[0]
    elif one.kind == "select":
        sent[one.name] = chance.choice(one.values or ("",))
    elif one.kind in {"text", "textarea", "email", "tel"} and not one.values[0]:
        sent[one.name] = chance.choice(["12", "2026", "Words", "a@example.org", "5"])
    else:
        sent[one.name] = one.values[0]


def _file(chance: random.Random, odd: Sequence[str]) -> tuple[io.BytesIO, str]:
    """A file that is not what it says, under a name that is none."""
    data = chance.choice(
        [b"", b"\x00" * 99, b"%PDF-1.7", b"a,b\n=1,2\n", b"PK\x03\x04", b"\xff\xd8"]
    )
    name = chance.choice([*odd[:20], "a.csv", "a.pdf", "../../a.png", "<b>.docx"])
    return io.BytesIO(data), _sendable(name.replace("\r", "").replace("\n", "") or "x")


def _sendable(value: Any) -> Any:
    """A text that can be sent as UTF-8; half a pair cannot."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
