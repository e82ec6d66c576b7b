"""No view writes on GET: a link, a preview or a crawler never changes anything."""

from __future__ import annotations

import ast

import pytest

from tests.unit.house.sources import PORTAL, called_name, functions, name_of, python_files

_GUARDS = ("validate_on_submit", "is_submitted", "request.method")


def _takes_get(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    for decorator in node.decorator_list:
        name = called_name(decorator)
        if name == "get":
            return True
        if name == "route" and isinstance(decorator, ast.Call):
            methods = next((k.value for k in decorator.keywords if k.arg == "methods"), None)
            if methods is None or "'GET'" in ast.unparse(methods):
                return True
    return False


def _unguarded_calls(body: list[ast.stmt]) -> set[str]:
    """Names called on a path that no test of the method guards."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.If):
            test = ast.unparse(statement.test)
            found |= {called_name(node) for node in ast.walk(statement.test)}
            if any(guard in test for guard in _GUARDS):
                # "if request.method != 'POST': return …" leaves the rest of the body to a POST.
                leaves = isinstance(statement.body[-1], ast.Return | ast.Raise)
                negative = test.startswith("not ") or "!=" in test or "== 'GET'" in test
                if negative:
                    found |= _unguarded_calls(statement.body)
                    if leaves:
                        return found
                else:
                    found |= _unguarded_calls(statement.orelse)
                continue
            found |= _unguarded_calls(statement.body) | _unguarded_calls(statement.orelse)
            continue
        blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(statement, "handlers", [])]
        inner = {id(node) for block in blocks for child in block for node in ast.walk(child)}
        found |= {called_name(node) for node in ast.walk(statement) if id(node) not in inner}
        for block in blocks:
            found |= _unguarded_calls(block)
    return found


def get_write_faults(name: str, source: str) -> list[str]:
    """Views that answer GET and reach a unit of work, themselves or through a local function."""
    tree = ast.parse(source)
    calls = {node.name: _unguarded_calls(node.body) for node in functions(tree)}
    writing = {"unit_of_work", "begin_writing"}
    while True:
        more = {each for each, called in calls.items() if called & writing} - writing
        if not more:
            break
        writing |= more
    return [
        f"{name}:{node.lineno} {node.name} writes on GET"
        for node in functions(tree)
        if _takes_get(node) and calls[node.name] & writing
    ]


def test_no_view_writes_on_get() -> None:
    faults = []
    for path in python_files("portal"):
        faults += get_write_faults(name_of(path), path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


BAD = {
    "plain": "@bp.get('/')\ndef v():\n    with unit_of_work():\n        pass\n",
    "route": "@bp.route('/')\ndef v():\n    with db.unit_of_work():\n        pass\n",
    "through a function": (
        "def save():\n    with unit_of_work():\n        pass\n@bp.get('/')\ndef v():\n    save()\n"
    ),
    "in the other branch": (
        "@bp.route('/', methods=['GET', 'POST'])\ndef v():\n"
        "    if form.validate_on_submit():\n        return 1\n"
        "    with unit_of_work():\n        pass\n"
    ),
    "in a try": "@bp.get('/')\ndef v():\n    try:\n        pass\n    finally:\n"
    "        with unit_of_work():\n            pass\n",
}
GOOD = {
    "post": "@bp.post('/')\ndef v():\n    with unit_of_work():\n        pass\n",
    "guarded": (
        "@bp.route('/', methods=['GET', 'POST'])\ndef v():\n"
        "    if form.validate_on_submit():\n        with unit_of_work():\n            pass\n"
    ),
    "left before": (
        "@bp.route('/', methods=['GET', 'POST'])\ndef v():\n"
        "    if request.method != 'POST':\n        return page()\n"
        "    with unit_of_work():\n        pass\n"
    ),
}


@pytest.mark.parametrize("source", BAD.values(), ids=BAD)
def test_a_view_that_writes_on_get_is_found(source: str) -> None:
    assert get_write_faults("x.py", source)


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_a_view_that_writes_on_post_is_left_alone(source: str) -> None:
    assert get_write_faults("x.py", source) == []


def print_faults(name: str, source: str) -> list[str]:
    """Calls of print outside commands: what a page has to say goes to the log."""
    return [
        f"{name}:{node.lineno} print"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "breakpoint"}
    ]


def test_nothing_is_printed_but_by_commands_and_the_console_mailer() -> None:
    faults = []
    for path in python_files("portal"):
        if PORTAL / "cli" in path.parents or path == PORTAL / "integrations" / "mail.py":
            continue
        faults += print_faults(name_of(path), path.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


def test_a_print_is_found() -> None:
    assert print_faults("x.py", "def f():\n    print(1)\n") == ["x.py:2 print"]
    assert print_faults("x.py", "blueprint(1)\nself.print(2)\n") == []
