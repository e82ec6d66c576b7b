"""What people write in the forum, as it is shown."""

from __future__ import annotations

from markupsafe import Markup

from portal.integrations.markdown import plain_text, render


def shown(body: str) -> Markup:
    """A post as safe HTML; nothing that is typed is an error."""
    return render(body).html


def plain(body: str) -> str:
    """The words of a post without its marks."""
    return plain_text(body)
