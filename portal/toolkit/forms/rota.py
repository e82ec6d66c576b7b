"""The rota score's form."""

from __future__ import annotations

from portal.web.forms import FileField, Form


class RotaForm(Form):
    """A rota to look at."""

    file = FileField(
        "Rota as a CSV file",
        hint="One line for each shift, for at least four weeks",
        required="Choose a rota file",
        accept=".csv,text/csv",
    )
