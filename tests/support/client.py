"""A test client that checks every page it is given and counts the statements behind it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from flask import has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from portal.db import current_session
from tests.support.attacks import header_faults, leads_elsewhere
from tests.support.markup import parse
from tests.support.pages import check_page

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


class PortalClient(FlaskClient):
    """Validates HTML answers and keeps ``statements``: the SQL of the last request."""

    statements: list[str]
    check_pages = True
    check_headers = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        self.statements = []
        if has_app_context():
            # The test reads afresh afterwards what the request changes.
            outer = current_session()
            if outer.in_transaction() and not outer.writing:
                outer.commit()

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith(_CONTROL):
                self.statements.append(statement)

        engine = self.application.extensions["portal_db"].engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            # Each request has a context of its own, as on a server; the test's own would lend it
            # what an earlier request left behind, such as who was signed in.
            with self.application.app_context():
                response = super().open(*args, **kwargs)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        if self.check_headers:
            self._check_headers(response)
        if (
            self.check_pages
            and response.data
            and response.mimetype == "text/html"
            and not response.location
        ):
            check_page(
                response.get_data(as_text=True),
                path=response.request.path,
                status=response.status_code,
                csp=response.headers.get("Content-Security-Policy", ""),
                app=self.application,
            )
        return response

    def _check_headers(self, response: TestResponse) -> None:
        asked = response.request
        adapter = self.application.url_map.bind("localhost")
        try:
            endpoint = adapter.match(asked.path, method=asked.method)[0]
        except HTTPException:
            endpoint = None
        faults = header_faults(response, endpoint)
        if response.location and leads_elsewhere(response.location, urlsplit(asked.url).hostname):
            faults.append(f"sends the reader to {response.location}")
        assert not faults, f"{asked.method} {asked.path} ({endpoint}): {faults}"

    def soup(self, path: str, **kwargs: Any) -> BeautifulSoup:
        """The page at a path, which must answer 200."""
        response = self.get(path, **kwargs)
        assert response.status_code == 200, (path, response.status_code, response.location)
        return parse(response.get_data(as_text=True))

    def submit(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        form: str | None = None,
        follow: bool = True,
        **changes: Any,
    ) -> TestResponse:
        """Fill in and send the form on a page as a browser would, hidden fields and all.

        ``form`` is the action (or id) of the form where a page has several.
        """
        soup = self.soup(path)
        main = soup.find("main") or soup
        forms = main.find_all("form")
        if form is not None:
            forms = [f for f in forms if form in {f.get("action"), f.get("id")}]
        posts = [f for f in forms if str(f.get("method", "")).lower() == "post"]
        assert posts, f"No form to post on {path}"
        chosen = posts[0]
        values: dict[str, Any] = {}
        for tag in chosen.find_all(["input", "textarea", "select"]):
            name, kind = tag.get("name"), tag.get("type")
            if not name or kind in {"submit", "file", "button"}:
                continue
            if kind in {"radio", "checkbox"}:
                if tag.has_attr("checked"):
                    values.setdefault(name, []).append(tag.get("value", "on"))
            elif tag.name == "textarea":
                values[name] = re.sub(r"^\n", "", tag.get_text())
            elif tag.name == "select":
                picked = tag.find("option", selected=True)
                values[name] = picked.get("value", "") if picked else ""
            else:
                values[name] = tag.get("value", "")
        values.update(data or {})
        values.update(changes)
        action = chosen.get("action") or path
        return self.post(action, data=values, follow_redirects=follow)
