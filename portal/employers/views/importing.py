"""Loading a register file from the browser, for the LEP's managers."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.employers import service
from portal.employers.forms import ImportForm
from portal.employers.rules.register_file import RegisterFileError
from portal.employers.views import blueprint
from portal.kernel.result import Problem

# One year of the register has some 11,000; more are loaded by `flask employers import`.
_MOST_ROWS: Final = 50_000


@blueprint.route("/import", methods=["GET", "POST"])
def import_page() -> ResponseReturnValue:
    """Load a file and say what became of every row."""
    form = ImportForm()
    summary = None
    if form.validate_on_submit():
        try:
            summary = service.import_register(form.file.data.read(), most_rows=_MOST_ROWS)
        except RegisterFileError as error:
            form.refuse(Problem("bad_file", str(error), "file"))
    return render_template("employers/import.html", form=form, summary=summary)
