"""The words that go with what an employer takes away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def file_stem(name: str) -> str:
    """The name of the download without its ending: plain letters, so that any device takes it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"{re.sub('[^a-z0-9]+', '-', plain.lower()).strip('-')[:60] or 'employer'}-data"


def readme(
    employer: str,
    made: str,
    contents: Sequence[tuple[str, str, str]],
    missing: Sequence[str],
) -> str:
    """What is what in the archive; ``contents`` are file, what it holds, and who sees it."""
    lines = [
        f"What the Part-Time Talent Portal holds about {employer}",
        f"Made on {made} (London time)",
        "",
        "Each .csv file is a table: open it with any spreadsheet. Times are London's.",
        "A cell that begins like a formula has an apostrophe before it, so that nothing runs when",
        "it is opened.",
        "",
    ]
    for file, about, who in contents:
        lines += [file, f"    {about}", f"    Seen by: {who}", ""]
    if missing:
        lines += ["Not in this archive:", *(f"    {name}" for name in missing)]
        lines += [
            "    (too large for one download, not checked for viruses, damaged, being made, or",
            "    with names of other businesses' people:",
            "    open it in the portal, or ask the provider or the LEP)",
            "",
        ]
    lines += [
        "Left out on purpose: passwords and secret links, where files are stored, and private",
        "details of other people beyond their names.",
        "",
        "Something wrong or missing? Ask the provider that works with you, or the LEP.",
        "",
    ]
    return "\r\n".join(lines)
