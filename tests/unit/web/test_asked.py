"""Numbers in addresses and forms: none greater than a key, and none that costs to be read."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from portal.web.asked import GREATEST, asked_number, init_asked, number_in

NONE = ["", "x", "1.5", "1e3", "9" * 19, "9" * 5000, str(GREATEST + 1), "\u0663", "-", "0x1"]


@pytest.mark.parametrize("sent", NONE)
def test_what_is_no_key_is_none(sent: str) -> None:
    assert number_in(sent) is None
    with Flask("x").test_request_context(query_string={"page": sent}):
        assert asked_number("page", 1) == 1
        assert asked_number("page") is None


@pytest.mark.parametrize("number", [0, 1, -1, GREATEST])
def test_what_is_one_is_read(number: int) -> None:
    assert number_in(f" {number} ") == number
    with Flask("x").test_request_context(query_string={"page": number}):
        assert asked_number("page", 7) == number


def test_an_address_with_a_number_too_great_is_nowhere() -> None:
    app = Flask("x")
    init_asked(app)
    app.add_url_rule("/lines/<int:line>", "line", str)
    where = app.url_map.bind("x")
    assert where.match(f"/lines/{GREATEST}") == ("line", {"line": GREATEST})
    for number in (GREATEST + 1, "9" * 5000):
        with pytest.raises(NotFound):
            where.match(f"/lines/{number}")
