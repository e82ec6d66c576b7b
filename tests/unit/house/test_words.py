"""What is committed speaks of the portal and of nothing else."""

from __future__ import annotations

import re

import pytest

from tests.unit.house.sources import ROOT, name_of

SUFFIXES = {
    ".py",
    ".html",
    ".txt",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".js",
    ".mjs",
    ".scss",
}
SKIPPED = {".venv", "node_modules", "instance", "dist", ".git", "__pycache__", ".setup"}
SKIPPED |= {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache"}
SKIPPED |= {"bench-results", "screenshots"}
ANYWHERE = {
    "a folder of one machine": re.compile(r"(?<![\w./:}-])/(?:home|Users|root|work)/\w"),
    "something beside the project": re.compile(r"[.][.]/shared/"),
    "placeholder text": re.compile(r"lorem[ ]ipsum", re.IGNORECASE),
    "a merge left over": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
ON_PAGES = {
    # The service carries its own identity; another's name, crown and crest are not ours to show.
    "another service's name": re.compile(r"GOV[.]UK(?! Frontend)|\bcrown\b|\bcrest\b"),
    "a note to ourselves": re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
}


def word_faults(name: str, text: str) -> list[str]:
    """Words that do not belong in a file."""
    rules = dict(ANYWHERE)
    if name.startswith("templates/"):
        rules |= ON_PAGES
        text = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    return [
        f"{name}: {what}: {found.group().strip()!r}"
        for what, pattern in rules.items()
        if (found := pattern.search(text))
    ]


def test_nothing_committed_speaks_of_anything_else() -> None:
    faults = []
    for path in sorted(ROOT.rglob("*")):
        if not SKIPPED.isdisjoint(path.relative_to(ROOT).parts) or not path.is_file():
            continue
        if path.suffix in SUFFIXES or path.name in {"Makefile", "Procfile"}:
            faults += word_faults(name_of(path), path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        # In pieces, so that this file does not hold what it looks for.
        ("docs/x.md", ["see ", "home", "ann", "portal"]),
        ("portal/x.py", ["..", "shared", "data.csv"]),
        ("templates/x.html", ["<" * 7 + " ours"]),
    ],
)
def test_addresses_outside_the_project_are_found(name: str, words: list[str]) -> None:
    assert word_faults(name, "/".join(words))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates/x.html", "<p>GOV.UK pays</p>"),
        ("templates/x.html", "<!-- TODO: words -->"),
    ],
)
def test_words_that_do_not_belong_are_found(name: str, text: str) -> None:
    assert word_faults(name, text)


def test_links_to_public_guidance_are_left_alone() -> None:
    assert word_faults("templates/x.html", '<a href="https://www.gov.uk/flexible-working">') == []
