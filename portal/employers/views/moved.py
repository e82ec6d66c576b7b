"""Addresses of a record that was merged into another lead to that one."""

from __future__ import annotations

from flask import Response, redirect, request, url_for

from portal.employers import queries
from portal.employers.access import may_read
from portal.web.access import current_actor

_NOT_FOUND = frozenset({403, 404})


def lead_on(response: Response) -> Response:
    """In place of "not found" for a merged employer: the record it was merged into.

    Only for a person who may read that one. An address that names more than the employer leads to
    the employer's page, since a number in it may mean something else there.
    """
    given = request.view_args or {}
    reference = given.get("employer")
    if response.status_code not in _NOT_FOUND or request.method != "GET" or not reference:
        return response
    kept = queries.kept_reference(str(reference))
    if kept is None or not may_read(current_actor(), {"employer": kept}):
        return response
    endpoint = str(request.endpoint) if len(given) == 1 else "employers.show"
    return redirect(url_for(endpoint, employer=kept), code=302)  # type: ignore[return-value]
