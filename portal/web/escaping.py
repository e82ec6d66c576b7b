"""Values written into pages: escaped by the library, without a wrapping that nobody reads.

A template writes a value as ``escape(value)``, which makes the escaped text ``Markup``, only for it
to be joined with the rest of the page: a tenth of the time of a list. Here the same function of the
same library escapes, and its text goes into the page as it is.
"""

from __future__ import annotations

from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr, Template

# What ``escape`` itself calls; the package is pinned, and a test compares the two.
from markupsafe import _escape_inner, escape  # type: ignore[attr-defined]


def escaped(value: object) -> str:
    """What ``markupsafe.escape`` makes of a value, perhaps as plain text."""
    return _escape_inner(value) if type(value) is str else escape(value)


class PlainOutput(CodeGenerator):
    """Templates' code that calls ``escaped`` where it would call ``escape``.

    Only for what is written where escaping is known to be on; anything else stays the library's.
    """

    def visit_Template(self, node: Template, frame: Frame | None = None) -> None:  # noqa: N802
        """The template's module, which imports one name more."""
        self.writeline(f"from {escaped.__module__} import {escaped.__name__}")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: object) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write(f"{escaped.__name__}(")
            source = getattr(finalize, "src", None)
            if source is not None:
                self.write(source)
        else:
            super()._output_child_pre(node, frame, finalize)  # type: ignore[arg-type]
