"""The matrix as a document for whoever answers for the LEP's information: by area, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Flask
from werkzeug.routing import Rule

from tests.support import matrix_statement as stated
from tests.support.matrix_statement import ACTORS, CHANGES, Who, statement

# The largest fitting set is said first; what is left over is said by name.
_SAID: Final[tuple[tuple[Who, str], ...]] = (
    (stated.EVERYBODY, "everybody"),
    (stated.SIGNED_IN, "everybody signed in"),
    (stated.VISITOR, "only who is not signed in"),
    (stated.STAFF, "all staff of providers and the LEP"),
    (stated.EMPLOYERS, "people of any employer"),
    (stated.EMPLOYER, "the employer's people"),
    (stated.OWNER, "the employer's owner"),
    (stated.PROVIDERS, "advisers and managers of any provider"),
    (stated.MANAGERS, "managers of any provider"),
    (stated.ADVISERS, "advisers of any provider"),
    (stated.SERVING, "the provider"),
    (stated.MANAGER, "the provider's manager"),
    (stated.LEP, "LEP staff"),
    (stated.FINANCE, "LEP officers and managers"),
    (stated.HEADS, "LEP managers and administrators"),
    (stated.HEAD, "LEP managers"),
    (stated.STATISTICS, "evaluators"),
)
# Each area: which routes by the beginning of their names, its title, and what holds in it.
_AREAS: Final = (
    (
        ("account", "security", "mailbox"),
        "Signing in, and one's own account",
        """Everybody sees and changes their own account only. A page that somebody must be able to
        open before signing in is open to everybody and shows nothing but a form.""",
    ),
    (
        ("employers",),
        "Employers",
        """An employer's record is for its own people, the provider that works with it, and LEP
        staff, who read it. A provider that had the employer before loses it when another has
        it. Anybody signed in finds an employer by its name, to ask to belong to it, and sees
        the name only.""",
    ),
    (
        ("diagnostics",),
        "Diagnostics",
        """Answers and results are an employer's own weaknesses: its people and its provider answer
        and read, LEP staff read, nobody else. Before an employer is named, only the browser
        that began.""",
    ),
    (
        ("action_plans",),
        "Action plans",
        """Its people and its provider work on a plan, LEP staff read it; its owner closes it.""",
    ),
    (
        ("caseload",),
        "Referrals, cases, contacts, support and evidence",
        """A provider sees its own cases and what was referred to it, and never another's. LEP
        staff read. An employer has the files about itself, but not a sheet that names other
        businesses' people; it confirms what was done for it by a link or signed in.""",
    ),
    (
        ("toolkit",),
        "Toolkit",
        """What is published is everybody's. Drafts, what testers said and what was learnt on
        visits are shared among staff; who the testers are is known to their own provider and
        the LEP.""",
    ),
    (
        ("network",),
        "Network, events, forum, awards",
        """The directory shows what an employer chose to show. The forum is for employers in the
        network and staff. Applications are for their employer, the LEP and the assessors they
        were given to, who need no role. Declared competitors, matches and invitations are their
        own employer's and the LEP's. The personal link in a mail about a match opens it for
        whoever holds it, without a contact until both have agreed, and ends with the match.
        Events are run by who made them and the LEP.""",
    ),
    (
        ("payments",),
        "Contracts, rate cards, claims and payments",
        """A provider sees its own money, officers and managers of the LEP see all of it.
        Administrators, evaluators and employers see none. What needs two people needs them
        besides what stands here.""",
    ),
    (
        ("reports", "reports_gallery"),
        "Reports and surveys",
        """A provider reads its own work, the LEP everything, an evaluator released statistics
        only. Surveys of workers are answered by a code; their results are for the employer
        alone, above the least number of answers, and never name anybody.""",
    ),
    (
        ("reports_api",),
        "Reports for other programs",
        """Opened by a token that an LEP manager made, and by nothing else: no sign-in counts here.
        A token for everything reads what LEP managers read, while its maker is one; one for
        statistics, what was released.""",
    ),
    (
        ("governance", "programme"),
        "Governance and settings",
        """Everybody sees what is held about themselves. Requests, breaches, consents and the audit
        trail are for LEP managers.""",
    ),
    (
        ("pages", "static", "watching"),
        "What is public",
        """Pages that tell nothing about anybody. Figures for watching the service are given to the
        machine itself or for a token only.""",
    ),
)
# Pages of the library that signs people in say nothing of themselves.
_SIGNING: Final = {
    "mf_recovery": "Sign in with a recovery code",
    "mf_recovery_codes": "See new recovery codes",
    "tf_select": "Choose a second step",
    "two_factor_rescue": "Ask for help with a lost second step",
    "two_factor_setup": "Set up a second step",
    "two_factor_setup_validate": "Prove a new second step",
    "two_factor_token_validation": "Give the code of the second step",
    "verify": "Give one's password again before something that matters",
    "wan_delete": "Take a passkey off",
    "wan_register": "Add a passkey",
    "wan_register_response": "Prove a new passkey",
    "wan_signin": "Sign in with a passkey",
    "wan_signin_response": "Prove a passkey when signing in",
    "wan_verify": "Show a passkey again before something that matters",
    "wan_verify_response": "Prove a passkey shown again",
}


def in_words(people: Who) -> str:
    """A set of people as somebody would say it."""
    if not people:
        return "nobody by the address alone"
    left, words = set(people), []
    for group, name in _SAID:
        if group <= left:
            words.append(name)
            left -= group
    return ", ".join([*words, *(name for name in ACTORS if name in left)])


def _what(app: Flask, rule: Rule) -> str:
    view = app.view_functions[rule.endpoint]
    said = (view.__doc__ or "").strip().partition("\n")[0]
    if not said or view.__module__.startswith(("flask_security", "flask.")):
        name = rule.endpoint.partition(".")[2] or rule.endpoint
        said = _SIGNING.get(name, name.replace("_", " ").capitalize())
    return said.replace("|", "\\|").rstrip(".")


def _row(app: Flask, rule: Rule) -> str:
    methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    may = statement().get(rule.endpoint, frozenset())
    change = CHANGES.get(rule.endpoint, may)
    looks = in_words(may) if "GET" in methods else "—"
    sends = in_words(change) if methods - {"GET"} else "—"
    address = rule.rule.replace("|", "\\|")
    return f"| {_what(app, rule)} | `{address}` | {looks} | {sends} |"


def _area(app: Flask, starts: tuple[str, ...], title: str, about: str) -> Iterator[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in starts]
    yield from ("", f"## {title}", "", " ".join(about.split()), "")
    yield from ("| what | address | looks | sends or changes |", "| --- | --- | --- | --- |")
    for rule in sorted(rules, key=lambda one: (one.rule, one.endpoint)):
        yield _row(app, rule)


def unplaced(app: Flask) -> list[str]:
    """Routes that belong to no area of the document."""
    placed = {start for starts, _title, _about in _AREAS for start in starts}
    names = {rule.endpoint for rule in app.url_map.iter_rules()}
    return sorted(name for name in names if name.partition(".")[0] not in placed)


def printed(app: Flask) -> str:
    """Every route by area: what it is, its address, who looks and who changes."""
    lines = [
        "# Who may see and do what",
        "",
        "For whoever answers for the LEP's information. Every address of the portal stands",
        "here, with who may look at it and who may send or change something by it. Anybody",
        "not named is refused, and learns nothing about what is there.",
        "",
        '"The employer" and "the provider" are said of the record in the address: the',
        "provider is the one that has the case or the contract, the employer's people are",
        "those of that employer. Another employer's and another provider's people are refused",
        'unless "any" is said. A page without a record in its address shows everybody their',
        "own only.",
        "",
        "Who there is:",
        "",
        *(f"- **{name}**: {ACTORS[name]}" for name in ACTORS if not name.startswith("other ")),
        "",
        "Staff sign in with a second step. LEP staff are officers, managers and",
        "administrators; administrators read casework as the others do, and no money, reports",
        "or audit trail.",
        "",
        "This page is written by `.venv/bin/python -m tests.support.matrix` from the",
        "statement by hand in `tests/support/matrix_statement.py`.",
        "`tests/integration/security/test_matrix.py` asks every address as everybody,",
        "searches answers, files and mails for planted words that the reader may not see",
        "(`tests/support/matrix_audiences.py`), and fails when the portal does otherwise.",
    ]
    for starts, title, about in _AREAS:
        lines += _area(app, starts, title, about)
    return "\n".join(lines) + "\n"
