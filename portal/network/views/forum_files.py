"""Files with posts: always a download, of the kind their bytes are, for those who read the post."""

from __future__ import annotations

from io import BytesIO

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.queries import forum_files as found
from portal.network.service import forum_files as service
from portal.network.views import blueprint
from portal.network.views.forum_seat import seat
from portal.web.access import current_author


@blueprint.get("/forum/files/<reference>")
def attachment(reference: str) -> ResponseReturnValue:
    """The file itself."""
    file = found.stored(normalise_reference(reference), seat()) or abort(404)
    data = service.read(file)
    if isinstance(data, Err):
        page = render_template("network/forum/file_waiting.html", file=file, problem=data.problem)
        return page, 409
    response = send_file(
        BytesIO(data.value),
        mimetype=file.media_type,
        as_attachment=True,
        download_name=file.file_name,
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    # Should a browser show it all the same, it is in a box of its own and runs nothing.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Content-Length"] = str(len(data.value))
    return response


@blueprint.route("/forum/files/<reference>/withdraw", methods=["GET", "POST"])
def attachment_withdraw(reference: str) -> ResponseReturnValue:
    """Take a file away from a post of one's own, after asking."""
    who = seat()
    file = found.stored(normalise_reference(reference), who) or abort(404)
    owner = found.author_of(file.reference)
    if owner is None or owner[0] != who.user_id:
        abort(404)
    if request.method != "POST":
        return render_template("network/forum/file_withdraw.html", file=file, post=owner[1])
    with unit_of_work():
        done = service.withdraw(reference=file.reference, by=current_author())
    if isinstance(done, Err):
        abort(404)
    flash("The file is taken away.", "success")
    return redirect(url_for("network.post", reference=owner[1]))
