"""Downloads of what is published: for anybody, without an account and without a cookie."""

from __future__ import annotations

from io import BytesIO

from flask import Response, abort, make_response, render_template, request, send_file
from flask.typing import ResponseReturnValue

from portal.kernel.result import Err
from portal.toolkit.queries import files as found
from portal.toolkit.queries.files import StoredFile
from portal.toolkit.rules.words import DOWNLOADS
from portal.toolkit.service import documents
from portal.toolkit.service.reach import count_later
from portal.toolkit.views import blueprint

# Seconds after which a browser may ask again for what is still being made.
_LATER = "60"


@blueprint.get("/toolkit/<slug>/files/<kind>")
def file(slug: str, kind: str) -> ResponseReturnValue:
    """What is made of the published version, as a download."""
    stored = found.made_file(slug, kind) if kind in DOWNLOADS else None
    if stored is None:
        abort(404)
    return _handed_out(stored)


@blueprint.get("/toolkit/files/<reference>")
def added_file(reference: str) -> ResponseReturnValue:
    """A file that an editor has added to something published."""
    stored = found.added_file(reference)
    if stored is None:
        abort(404)
    return _handed_out(stored)


def _handed_out(stored: StoredFile) -> ResponseReturnValue:
    """The bytes as they were stored, as an attachment of the kind they are.

    A copy may be kept, and is asked for again each time: what is retired is gone at once.
    """
    if stored.sha256 is None:
        return _not_now(stored)
    if stored.sha256 in request.if_none_match:
        response = Response(status=304)
    else:
        data = documents.read(stored)
        if isinstance(data, Err):
            return _not_now(stored)
        response = send_file(
            BytesIO(data.value),
            mimetype=stored.media_type,
            as_attachment=True,
            download_name=stored.file_name,
            etag=False,
        )
        response.headers["Content-Length"] = str(len(data.value))
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Should a browser show it all the same, it is in a box of its own and runs nothing.
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.set_etag(stored.sha256)
    response.headers["Cache-Control"] = "public, no-cache"
    count_later("download", resource_id=stored.resource_id, number=stored.number)
    return response


def _not_now(stored: StoredFile) -> ResponseReturnValue:
    page = render_template("toolkit/file_waiting.html", stored=stored)
    response = make_response(page, 503)
    response.headers["Retry-After"] = _LATER
    return response
