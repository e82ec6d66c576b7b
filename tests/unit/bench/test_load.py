"""What the load generator makes of answers, without a server."""

from __future__ import annotations

import itertools
import socket

import pytest

from tests.bench.load import Answers, Exchange, percentile
from tests.bench.soak import arguments, arrivals
from tests.bench.soak_mix import form_values


def exchange(head: bytes, received: int | None = None) -> Exchange:
    found = Exchange(b"", 0.0, None, socket.socket.__new__(socket.socket))
    found.head = head
    found.received = len(head) if received is None else received
    return found


@pytest.mark.parametrize(
    ("head", "status", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, True),
        (b"HTTP/1.1 302 FOUND\r\ncontent-length: 0\r\n\r\n", 302, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", 200, False),
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nany length", 200, True),
        (b"HTTP/1.1 200 OK\r\nContent-Le", 200, False),
        (b"", 0, False),
        (b"nonsense", 0, False),
    ],
)
def test_an_answer_that_is_cut_short_is_seen(head: bytes, status: int, whole: bool) -> None:
    assert exchange(head).status == status
    assert exchange(head).is_whole() is whole


def test_what_comes_after_the_head_counts() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    assert exchange(head, len(head) + 5000).is_whole()
    assert not exchange(head, len(head) + 4999).is_whole()


def test_percentiles_and_rates() -> None:
    answers = Answers([n / 100 for n in range(100)], lasted=4.0)
    assert answers.percentile(0.5) == 0.5
    assert answers.percentile(0.99) == 0.99
    assert answers.percentile(1.0) == 0.99
    assert answers.per_second == 25.0
    assert percentile([], 0.5) == float("inf")
    assert Answers().per_second == 0.0


def test_faults_are_counted_and_the_first_kept() -> None:
    answers = Answers()
    for number in range(10):
        answers.fault(str(number))
    assert answers.errors == 10
    assert answers.faults == ["0", "1", "2"]


def test_arrivals_are_as_many_a_second_as_asked_for_and_uneven() -> None:
    times = list(itertools.islice(arrivals(50.0), 20_000))
    assert times == sorted(times)
    assert times[-1] == pytest.approx(400, rel=0.03)
    apart = [b - a for a, b in itertools.pairwise(times)]
    assert max(apart) > 5 * sum(apart) / len(apart)


def test_a_form_is_sent_as_it_stands() -> None:
    html = (
        '<form action="/out"><input name="token" value="1"></form>'
        '<form method="post"><input type="hidden" name="once" value="a&amp;b">'
        '<input type="radio" name="kind" value="call" checked>'
        '<input type="radio" name="kind" value="visit"><input name="who" value=""></form>'
    )
    assert form_values(html, holding="once") == {"once": "a&b", "kind": "call", "who": ""}
    with pytest.raises(ValueError, match="substring"):
        form_values("<p>Sign in</p>", holding="once")


@pytest.mark.parametrize(
    "given", [["--minutes", "0"], ["--share", "0"], ["--share", "3"], ["--employers", "10"]]
)
def test_nonsense_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(given)
    assert "--minutes above 0" in capsys.readouterr().err
