"""Addresses of events that are printed or scanned, their QR codes, and their words as a page."""

from __future__ import annotations

import io

import qrcode
from markupsafe import Markup
from qrcode.image.svg import SvgPathImage

from portal.integrations.mail import public_link
from portal.integrations.markdown import render


def door_address(code: str) -> str:
    """Where people check themselves in, by the event's code."""
    return public_link("network.checkin", code=code)


def ticket_address(event: str, person: str) -> str:
    """Where a ticket that is scanned leads staff: to the person on the list of the event."""
    return public_link("network.attendee", reference=event, person=person)


def feed_address(series: str = "") -> str:
    """The address that a calendar subscribes to."""
    return public_link("network.feed", **({"series": series} if series else {}))


def qr_drawing(address: str) -> bytes:
    """The QR code of an address, as SVG."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(address)
    file = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(file)
    return file.getvalue()


def body_of(markdown: str) -> Markup:
    """What happens at an event, as safe HTML."""
    return render(markdown).html
