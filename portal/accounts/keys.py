"""Keys for one purpose each, made from SECRET_KEY."""

from __future__ import annotations

import hashlib

from config import Settings


def derived_keys(settings: Settings, purpose: str) -> list[bytes]:
    """256-bit keys for one purpose from SECRET_KEY and its earlier values, newest first."""
    secrets = [settings.secret_key, *settings.secret_key_fallbacks]
    return [
        hashlib.blake2b(
            purpose.encode(),
            key=hashlib.sha512(secret.get_secret_value().encode()).digest(),
            digest_size=32,
        ).digest()
        for secret in secrets
    ]
