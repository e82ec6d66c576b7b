"""Work that makes many objects at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Leave the search for circular garbage until the work is done, as a block or a decorator.

    Thousands of rows become thousands of objects, none of them garbage: looking through all of
    them again and again took a third of the time. Whatever is no longer needed goes at once all
    the same, unless it is circular.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
