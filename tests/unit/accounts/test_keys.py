from __future__ import annotations

from config import Settings
from portal.accounts.keys import derived_keys
from portal.accounts.security.parts import HashedRecoveryCodes, PortalTotp
from portal.accounts.security.settings import totp_keys


def _settings(secret: str, *earlier: str) -> Settings:
    return Settings(secret_key=secret, secret_key_fallbacks=list(earlier))  # type: ignore[arg-type]


def test_keys_differ_by_purpose_and_secret() -> None:
    one = derived_keys(_settings("a" * 40), "totp")
    assert len(one[0]) == 32
    assert one != derived_keys(_settings("a" * 40), "recovery-codes")
    assert one != derived_keys(_settings("b" * 40), "totp")


def test_an_authenticator_secret_outlives_a_change_of_key() -> None:
    before = PortalTotp(totp_keys(_settings("a" * 40)), "Portal")
    secret = before.generate_totp_secret()
    after = PortalTotp(totp_keys(_settings("b" * 40, "a" * 40)), "Portal")
    assert after.get_totp_b32_key(secret) == before.get_totp_b32_key(secret)
    new = after.generate_totp_secret()
    alone = PortalTotp(totp_keys(_settings("b" * 40)), "Portal")
    assert alone.get_totp_b32_key(new) == after.get_totp_b32_key(new)


def test_a_recovery_code_hash_ignores_how_it_is_typed() -> None:
    from flask import Flask

    app = Flask("test")
    app.config.update(SETTINGS=_settings("a" * 40), SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=None)
    codes = HashedRecoveryCodes(app)
    assert codes._hashes("1a2b-3c4d-5e6f") == codes._hashes(" 1A2B 3C4D 5E6F")
    assert codes._hashes("1a2b-3c4d-5e6f") != codes._hashes("1a2b-3c4d-5e60")


def test_the_code_to_scan_is_a_drawing_of_its_own() -> None:
    totp = PortalTotp(totp_keys(_settings("a" * 40)), "Part-Time Talent Portal")
    svg = totp.generate_qrcode("o'neil@example.org", totp.generate_totp_secret())
    assert svg.startswith("<svg ")
    assert "style" not in svg
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")
