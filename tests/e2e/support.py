"""A real installation and a real browser: started, watched and asked by the browser tests."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from scripts.run import web_command, worker_command
from tests.support import databases
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
README_IMAGES = {
    *("question-phone", "results-desktop", "plan-desktop"),
    *("adviser-today-phone", "case-desktop"),
}
VIEWPORTS = {"phone": (390, 844), "desktop": (1280, 900)}
# A browser that talks to nobody but the server under test.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--font-render-hinting=none",
)
CHECKER = "html-validate.mjs"
# An account that is nobody's, from which payment runs are paid.
PAYER = {
    "BACS_SERVICE_USER_NUMBER": "123456",
    "BACS_SORT_CODE": "000000",
    "BACS_ACCOUNT": "12345678",
    "BACS_NAME": "EXAMPLE LEP",
}
_READY_SECONDS = 90
BIG = os.environ.get("BIG") == "1"
# What a worker draws for the demonstration, by the kind of its work: where the work names what it
# is about, whose files are alike and where each lies, and how many of those that are alike are
# drawn. The others get a copy of one of these.
_DRAWN = {
    "toolkit.file": ("$.file", "SELECT reference, kind, storage_key FROM resource_files", 3),
    "plan.render": ("$.version_id", "SELECT id, 'plan', storage_key FROM plan_versions", 3),
    "reports.copy": (
        "$.copy",
        "SELECT reference, report_key, 'reports/' || reference || '/report.pdf' FROM report_copies",
        1,
    ),
}


def demonstration(folder: Path) -> LiveServer:
    """An installation with the demonstration and all that its worker makes of it, not started.

    It is made once a run and copied: what its worker draws would take each process of the suite
    minutes of its own. Of each kind of file a few are drawn and the others are found
    where a worker that was killed left them; with BIG=1 all of them are drawn.
    """
    made = databases.SHARED / "demonstration"
    with databases.locked("demonstration"):
        if not made.exists():
            building = databases.SHARED / "demonstration-building"
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            server = LiveServer(building)
            try:
                server.flask("seed", "demo")
                put_off = [] if BIG else _put_off_most_files(server)
                # As the worker does it, but not after everything else on the machine.
                server.flask("worker", "--once")
                if put_off:
                    _lend_files(server, put_off)
                    server.flask("worker", "--once")
            finally:
                server.stop()
            # What is still beside the file goes into it before it is moved.
            with contextlib.closing(sqlite3.connect(server.database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            server.database.rename(building / "demonstration.db")
            building.rename(made)
    copied = folder / "demonstration"
    shutil.copytree(made, copied)
    return LiveServer(copied, database=copied / "demonstration.db")


@dataclass(frozen=True)
class _Work:
    """What a worker is to draw: its entry, its file, and what files it is like."""

    entry: int
    file: Path
    like: str


def _work(server: LiveServer, connection: sqlite3.Connection, *, done: bool) -> list[_Work]:
    """Everything of the listed kinds that is done, or is still to do, in order."""
    found = []
    for kind, (named, listed, _) in _DRAWN.items():
        rows = connection.execute(
            f"WITH files (name, alike, key) AS ({listed}) "  # noqa: S608
            "SELECT outbox.id, alike, key FROM outbox "
            "JOIN files ON name = json_extract(payload, ?) "
            "WHERE outbox.kind = ? AND (done_at IS NOT NULL) = ? ORDER BY outbox.id",
            (named, kind, done),
        )
        found += [
            _Work(entry, server.folder / "files" / key, f"{kind} {alike}")
            for entry, alike, key in rows
        ]
    return found


def _put_off_most_files(server: LiveServer) -> list[_Work]:
    """Leave the worker the first files of each kind; the work of which the others come.

    Browsers look at no more of a file than its size, and a PDF takes a second.
    """
    seen: Counter[str] = Counter()
    later = []
    with contextlib.closing(sqlite3.connect(server.database)) as connection, connection:
        for one in _work(server, connection, done=False):
            seen[one.like] += 1
            if seen[one.like] > _DRAWN[one.like.split()[0]][2]:
                later.append(one)
        connection.executemany(
            "UPDATE outbox SET due_at = datetime(due_at, '+1 year') WHERE id = ?",
            [(one.entry,) for one in later],
        )
    missing = set(_DRAWN) - {one.like.split()[0] for one in later}
    assert not missing, f"the demonstration has no more of these than are drawn: {missing}"
    return later


def _lend_files(server: LiveServer, later: list[_Work]) -> None:
    """Put a drawn file of its kind where each of these belongs, as if its worker had been killed.

    The next worker finds it, proves it whole and does the rest, which draws nothing.
    """
    with contextlib.closing(sqlite3.connect(server.database)) as connection, connection:
        drawn = {one.like: one.file for one in _work(server, connection, done=True)}
        for one in later:
            one.file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(drawn[one.like], one.file)
        connection.executemany(
            "UPDATE outbox SET due_at = created_at WHERE id = ?", [(one.entry,) for one in later]
        )


class LiveServer:
    """Web and worker processes on a fresh migrated database, all in a folder of their own."""

    def __init__(self, folder: Path, *, database: Path | None = None) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._port = port
        made = database or databases.new_sqlite(folder).removeprefix("sqlite:///")
        self.database = Path(made)
        self.environment = {
            **os.environ,
            "PORTAL_ENV": "development",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "QUEUE_PATH": str(folder / "queue.db"),
            "STORAGE_URL": f"file://{folder / 'files'}",
            "PUBLIC_URL": self.url,
            **PAYER,
            "PYTHONUNBUFFERED": "1",
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start both and wait until pages are answered."""
        for name, command in (("web", web_command(self._port)), ("worker", worker_command())):
            with (self.folder / f"{name}.log").open("ab") as log:
                self._running.append(
                    subprocess.Popen(
                        command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
                    )
                )
        wait_until(self._answers, _READY_SECONDS, self.logs)

    def _answers(self) -> bool:
        assert all(process.poll() is None for process in self._running), self.logs()
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def logs(self) -> str:
        """The end of what both said."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

    def stop(self) -> None:
        """Stop both, whatever state they are in."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def flask(self, *words: str) -> str:
        """Run a flask command on this installation; returns what it printed."""
        done = subprocess.run(
            [worker_command()[0], *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the database, as its own process sees it."""
        address = f"{self.database.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
            return connection.execute(query, values).fetchall()

    def settle(self, seconds: float = 300) -> None:
        """Wait until the worker has done what was left for it, such as the demonstration's PDFs.

        What is meant for later, such as a mail some minutes after a post, is left alone.
        """
        left = (
            "SELECT count(*) FROM outbox WHERE done_at IS NULL "
            "AND due_at <= strftime('%Y-%m-%d %H:%M:%f', 'now')"
        )
        wait_until(lambda: self.rows(left) == [(0,)], seconds, self.logs)

    def mail_to(self, recipient: str, subject: str = "", *, seconds: float = 20) -> str:
        """The newest message to somebody, waited for; its text.

        Raises:
            AssertionError: when none came in time, with what the processes said.
        """
        found: list[tuple[Any, ...]] = []

        def arrived() -> bool:
            found[:] = self.rows(
                "SELECT body FROM mailbox_messages WHERE recipient = ? AND subject LIKE ? "
                "ORDER BY id DESC LIMIT 1",
                recipient,
                f"%{subject}%",
            )
            return bool(found)

        wait_until(arrived, seconds, self.logs)
        return str(found[0][0])

    def link_to(self, recipient: str, subject: str = "") -> str:
        """The first address on this server in the newest message to somebody."""
        body = self.mail_to(recipient, subject)
        link = re.search(re.escape(self.url) + r"\S*", body)
        assert link, body
        return link[0].rstrip(".,;)>")


def wait_until(
    condition: Callable[[], bool], seconds: float, explain: Callable[[], str] = str
) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain\n{explain()}"
        time.sleep(0.05)


@dataclass
class Watch:
    """Faults that pages showed while they were open; any of them fails the test."""

    faults: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A resource that could not be loaded is judged by its answer, below.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(f"console {message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        # A page may answer 4xx when a test makes it; what a page needs may not, and nothing breaks.
        is_page = response.request.resource_type in {"document", "fetch", "xhr"}
        if response.status >= (500 if is_page else 400):
            self.faults.append(f"{response.status} {response.request.method} {response.url}")


# The policy's own reports, wherever they come from.
_CSP_LISTENER = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error('content policy: ' + event.violatedDirective + ' ' + event.blockedURI))
"""


@contextlib.contextmanager
def browser_context(
    browser: Browser, base_url: str, viewport: str, **options: Any
) -> Iterator[BrowserContext]:
    """A browser profile of its own; every page opened in it is watched, and judged at the end."""
    width, height = VIEWPORTS[viewport]
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": height},
        locale="en-GB",
        timezone_id="Europe/London",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(15_000)
    context.add_init_script(_CSP_LISTENER)
    watch = Watch()
    context.on("page", watch.attach)
    try:
        yield context
    finally:
        context.close()
    assert not watch.faults, "\n".join(watch.faults)


_told: WeakKeyDictionary[LiveServer, str] = WeakKeyDictionary()


def _password_told(server: LiveServer) -> str:
    """The demonstration's password, which the command that tells it is asked for once."""
    if server not in _told:
        told = re.search(r"password (\S+)", server.flask("seed", "sign-ins"))
        assert told
        _told[server] = told[1]
    return _told[server]


def sign_in_with_code(page: Page, server: LiveServer, email: str) -> None:
    """Sign in as demonstration staff: the password that the seed tells, then the code.

    The code is read in a tab of its own, from the page where the demonstration shows it.
    """
    password = _password_told(server)
    page.goto("/account/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    mailbox = page.context.new_page()
    mailbox.goto("/dev/mailbox")
    row = mailbox.get_by_role("row").filter(has_text=email).inner_text()
    mailbox.close()
    code = re.search(r"\b(\d{6})\b", row)
    assert code, row
    page.get_by_label(re.compile("code", re.IGNORECASE)).first.fill(code[1])
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()


def _is_kept(rule: str, node: dict[str, Any]) -> bool:
    """Whether a finding is one that the design system makes and keeps on purpose.

    GOV.UK Frontend says on a radio that more is shown when it is chosen. No standard allows that,
    and screen readers do read it: https://github.com/alphagov/govuk-frontend/pull/2823
    """
    told = [found["data"] for found in (*node["any"], *node["all"], *node["none"])]
    words = [str(one) for data in told for one in (data if isinstance(data, list) else [data])]
    return (
        rule == "aria-allowed-attr"
        and 'type="radio"' in node["html"]
        and all(word.startswith("aria-expanded=") for word in words)
    )


_AXE = Axe()
# What passed, on every page some hundred rules, stays in the browser.
_RUN_AXE = "axe.run({resultTypes: ['violations']}).then((results) => results.violations)"


def axe_check(page: Page) -> None:
    """Fail on anything axe finds on the page as it stands."""
    faults = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.axe_script)
    for found in page.evaluate(_RUN_AXE):
        nodes = [node for node in found["nodes"] if not _is_kept(found["id"], node)]
        if nodes:
            faults.append(f"{found['id']} ({found['impact']}): {found['help']}")
            faults += [f"    {node['html'][:200]}" for node in nodes[:5]]
    assert not faults, f"{page.url}\n" + "\n".join(faults)


def fits_check(page: Page) -> None:
    """Fail when the page scrolls sideways, and name what sticks out."""
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll('body *')]
          .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
          .slice(0, 5).map((e) => e.outerHTML.slice(0, 160))"""
    )
    assert not wide, f"{page.url} scrolls sideways:\n" + "\n".join(wide)


def page_check(page: Page) -> None:
    """What every page must be in a real browser: accessible, and no wider than the screen."""
    axe_check(page)
    fits_check(page)


def faults_of(page: Page, address: str) -> list[str]:
    """What is wrong with the page that is open, at each width."""
    found = []
    for width, height in VIEWPORTS.values():
        page.set_viewport_size({"width": width, "height": height})
        try:
            page_check(page)
        except AssertionError as fault:
            found.append(f"{address} at {width} pixels: {fault}")
    return found


def assert_sound(
    browser: Browser, server: LiveServer, state: Any, addresses: Iterable[str]
) -> None:
    """Open each page once, as whoever the browser's state signs in, and look at both widths."""
    faults: list[str] = []
    with browser_context(browser, server.url, "phone", storage_state=state) as context:
        page = context.new_page()
        for address in addresses:
            answer = page.goto(address)
            if answer is None or answer.status != 200 or not page.url.endswith(address):
                faults.append(f"{address}: {answer and answer.status} {page.url}")
                continue
            faults += faults_of(page, address)
    assert not faults, "\n".join(faults)


def shot(page: Page, name: str, *, full: bool = False) -> Path:
    """A picture of the page, in a temporary folder.

    With UPDATE_IMAGES=1 those that the README shows go to docs/images instead.
    """
    keep = os.environ.get("UPDATE_IMAGES") == "1" and name in README_IMAGES
    folder = IMAGES if keep else Path(tempfile.gettempdir()) / "portal-screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.evaluate("document.fonts.ready.then(() => true)")
    page.screenshot(path=path, full_page=full, animations="disabled")
    return path


def html_faults(pages: dict[str, str], folder: Path) -> list[str]:
    """What html-validate says about pages, given by name, in one run."""
    from scripts.setup import find_node

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    node = find_node()
    done = subprocess.run(
        [
            *(str(node / "node"), str(ROOT / "node_modules" / "html-validate" / "bin" / CHECKER)),
            *("--config", str(ROOT / ".htmlvalidate.json"), "--formatter", "json"),
            *(str(folder / f"{name}.html") for name in pages),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("["), done.stdout[-2000:] + done.stderr[-2000:]
    return [
        f"{Path(report['filePath']).stem}:{found['line']} {found['ruleId']}: {found['message']}"
        for report in json.loads(done.stdout)
        for found in report["messages"]
    ]
