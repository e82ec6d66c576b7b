"""People in a soak keep the newest cookie they were given, each their own."""

from __future__ import annotations

from tests.bench.soak_cookies import Jar
from tests.bench.support_server import get_request, post_request

SET = b"HTTP/1.1 200 OK\r\nset-cookie: session=renewed.one; HttpOnly; Path=/\r\n\r\n"


def test_what_an_answer_sets_is_sent_from_then_on_by_that_person_alone() -> None:
    jar = Jar()
    asked, sent = get_request("/work", "first.one"), post_request("/cases", "first.one", {"a": "b"})
    other, visitor = get_request("/work", "first.two"), get_request("/", "")
    assert jar.dressed(asked) == asked
    jar.take(visitor, b"HTTP/1.1 200 OK\r\n\r\n")
    jar.take(asked, SET)
    assert jar.dressed(asked) == get_request("/work", "renewed.one")
    assert jar.dressed(sent) == post_request("/cases", "renewed.one", {"a": "b"})
    assert (jar.dressed(other), jar.dressed(visitor)) == (other, visitor)
    # Renewed again: the answer is to what was asked with the newer cookie.
    jar.take(asked, SET.replace(b"renewed", b"newest"))
    assert jar.dressed(asked) == get_request("/work", "newest.one")
    # An answer that sets nothing, or another cookie, changes nothing.
    jar.take(asked, b"HTTP/1.1 200 OK\r\nSet-Cookie: seen=1\r\n\r\n")
    assert jar.dressed(asked) == get_request("/work", "newest.one")
