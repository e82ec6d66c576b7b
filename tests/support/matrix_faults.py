"""What a whole run found, short enough to be read: route by route, every person and method."""

from __future__ import annotations

import re
from collections import defaultdict

# As faults are worded: ``GET /some/path (a.route) as somebody with a field: what is wrong``.
_WORDED = re.compile(r"(?P<method>[A-Z]+) (?P<path>\S+) (?P<rest>.*?): (?P<what>.*)", re.DOTALL)
_ROUTE = re.compile(r"\((?P<route>[a-z_0-9]+\.[a-z_0-9]+|static)\)")
_WHO = re.compile(r" as (?P<actor>[a-z]+(?: [a-z]+)?)(?: with (?P<given>.*))?$")
_ELSE = "elsewhere"


def grouped(faults: list[str]) -> str:
    """Every fault, none left out: under its route, what is wrong, and for whom by which method."""
    routes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    paths: dict[str, str] = {}
    for fault in faults:
        found = _WORDED.match(fault)
        if found is None:
            routes[_ELSE][fault].append("")
            continue
        route = _ROUTE.search(found["rest"])
        name = route["route"] if route else found["path"]
        paths.setdefault(name, found["path"])
        who = _WHO.search(f" {found['rest']}")
        by = f"{who['actor']} {found['method']}" if who else f"{found['method']} {found['rest']}"
        if who and who["given"]:
            by += f" with {who['given']}"
        routes[name][found["what"]].append(by)
    lines = []
    for name in sorted(routes):
        count = sum(len(by) for by in routes[name].values())
        lines.append(f"{name} ({count}), first {paths.get(name, '')}")
        for what, by in sorted(routes[name].items()):
            lines.append(f"    {what} [{len(by)}]: {'; '.join(by)}")
    return "\n".join(lines)
