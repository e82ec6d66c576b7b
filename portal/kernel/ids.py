"""References people can read out, and tokens nobody can guess."""

from __future__ import annotations

import hashlib
import secrets

# Crockford's base 32: no I, L, O or U, so a reference survives the telephone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 10
_PLACES = range(0, 5 * REFERENCE_LENGTH, 5)
# A null character, which no database stores, can only be somebody's try.
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "\0": None})


def new_reference() -> str:
    """A random 10-character reference (50 bits), shown in addresses and on documents."""
    drawn = secrets.randbits(5 * REFERENCE_LENGTH)
    return "".join([_ALPHABET[drawn >> place & 31] for place in _PLACES])


def normalise_reference(text: str) -> str:
    """A reference as typed, made comparable: case, spaces, dashes and misread letters."""
    return "".join(text.split()).replace("-", "").upper().translate(_MISREAD)


def new_token() -> str:
    """A 256-bit secret for a link. Only its hash is stored."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 of a token, in hexadecimal: what the database keeps instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()
