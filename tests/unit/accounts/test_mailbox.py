from __future__ import annotations

from portal.accounts.views.mailbox import with_links


def test_addresses_become_links_and_the_rest_is_escaped() -> None:
    html = with_links("<b>Go</b> to https://x.example/a?b=1&c=2. Now")
    assert html == (
        '&lt;b&gt;Go&lt;/b&gt; to <a class="govuk-link" href="https://x.example/a?b=1&amp;c=2">'
        "https://x.example/a?b=1&amp;c=2</a>. Now"
    )


def test_nothing_else_becomes_a_link() -> None:
    assert with_links("javascript:alert(1)") == "javascript:alert(1)"


def test_lines_are_kept() -> None:
    assert with_links("one\n\ntwo") == "one<br><br>two"
