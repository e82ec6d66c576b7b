"""The badge of an award: as a drawing and as a picture, each with its meaning in words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

from markupsafe import escape

from portal.integrations.pdf import FONT_FOLDERS
from portal.network.rules.words import TIERS

WIDTH: Final = 360
HEIGHT: Final = 120
_TWICE: Final = 2
# Drawn larger than it is shown, so that its edges are smooth.
_FINER: Final = 2
_TEAL: Final = "#0b5c66"
_GREY: Final = "#4a5b62"
_WHITE: Final = "#ffffff"


def words(tier: str, *, standing: str, until: str) -> str:
    """What the badge says, for whoever does not see it."""
    if standing != "valid":
        return "Employer champion award: no longer valid"
    return f"Employer champion, {TIERS[tier]}: valid until {until}"


def drawing(tier: str, *, standing: str, until: str) -> str:
    """The badge as SVG, which carries no font, script or style of its own."""
    title, lower = _lines(tier, standing, until)
    colour = _TEAL if standing == "valid" else _GREY
    said = escape(words(tier, standing=standing, until=until))
    font = 'font-family="Source Sans 3, Arial, sans-serif"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">'
        f'<title id="t">{said}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="{colour}"/>'
        f'<circle cx="58" cy="60" r="32" fill="none" stroke="{_WHITE}" stroke-width="8"/>'
        f'<path d="M58 60V28A32 32 0 0 1 85.7 76Z" fill="{_WHITE}"/>'
        f'<text x="110" y="40" {font} font-size="17" fill="{_WHITE}">Employer champion</text>'
        f'<text x="110" y="72" {font} font-size="28" font-weight="700" fill="{_WHITE}">'
        f"{escape(title)}</text>"
        f'<text x="110" y="97" {font} font-size="15" fill="{_WHITE}">{escape(lower)}</text>'
        "</svg>"
    )


def picture(tier: str, *, standing: str, until: str) -> bytes:
    """The badge as PNG at twice its size; the words go with it as its description."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    title, lower = _lines(tier, standing, until)
    by = _TWICE * _FINER
    image = Image.new("RGBA", (WIDTH * by, HEIGHT * by), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    colour = _TEAL if standing == "valid" else _GREY
    pen.rounded_rectangle((0, 0, WIDTH * by - 1, HEIGHT * by - 1), radius=10 * by, fill=colour)
    ring = (22 * by, 24 * by, 94 * by, 96 * by)
    pen.ellipse(ring, outline=_WHITE, width=8 * by)
    pen.pieslice(ring, start=-90, end=30, fill=_WHITE)
    # The same lines as the drawing's, measured from their feet.
    for top, words_, size, weight in (
        (40, "Employer champion", 17, 400),
        (72, title, 28, 700),
        (97, lower, 15, 400),
    ):
        font = _font(size * by, weight)
        pen.text((110 * by, top * by), words_, font=font, fill=_WHITE, anchor="ls")
    image = image.resize((WIDTH * _TWICE, HEIGHT * _TWICE), Image.Resampling.LANCZOS)
    about = PngInfo()
    about.add_itxt("Description", words(tier, standing=standing, until=until))
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=about)
    return file.getvalue()


def _lines(tier: str, standing: str, until: str) -> tuple[str, str]:
    if standing != "valid":
        return "Not valid", "See the verification page"
    return TIERS[tier], f"Valid until {until}"


def _font(size: int, weight: int) -> Any:
    from PIL import ImageFont

    for folder in FONT_FOLDERS:
        path = _upright(folder, weight)
        if path is not None:
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def _upright(folder: Path, weight: int) -> Path | None:
    found = sorted(folder.glob(f"source-sans-3-latin-{weight}-*.woff2"))
    return next((path for path in found if "italic" not in path.name), None)
