"""Resources for tests. Call inside ``with unit_of_work():``."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Ok
from portal.toolkit.models import Resource
from portal.toolkit.rules.content import Content, Source
from portal.toolkit.service import resources

_serial = itertools.count(1)

BODY = """Start with one post [@example-source].

## Ask first

Ask each person which hours they want.

- [ ] Ask on Monday

## Then decide

Write down what you agreed: ____________
"""


def make_content(**changes: Any) -> Content:
    """A text that may be kept as it is; every part can be given."""
    content = Content(
        title=f"Example resource {next(_serial)}",
        summary="What to do on Monday, in one sentence.",
        body=BODY,
        author="Example Author",
        minutes=3,
        review_by=date(2027, 11, 1),
        audiences=("managers",),
        dimensions=("progression",),
        practices=("pathways",),
        sectors=("retail",),
        sources=(Source("example-source", "Example report", "Example Publisher", 2023),),
    )
    return replace(content, **changes)


def make_draft(*, kind: str = "guide", by: Author = PORTAL, **changes: Any) -> Resource:
    """A resource that is being written."""
    made = resources.create(kind=kind, content=make_content(**changes), by=by)
    assert isinstance(made, Ok), made
    return made.value


def make_published(*, kind: str = "guide", by: Author = PORTAL, **changes: Any) -> Resource:
    """A resource that everybody reads."""
    resource = make_draft(kind=kind, by=by, **changes)
    begun = resources.begin_testing(reference=resource.reference, revision=resource.revision, by=by)
    assert isinstance(begun, Ok), begun
    done = resources.publish(
        reference=resource.reference,
        revision=resource.revision,
        reason="Made for a test",
        by=by,
    )
    assert isinstance(done, Ok), done
    return done.value
