"""Settings: safe defaults with nothing set, and no start in production with an unsafe one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config import DEVELOPMENT_SECRET, Settings

SAFE: dict[str, Any] = {
    "portal_env": "production",
    "secret_key": "k" * 48,
    "public_url": "https://portal.example",
    "mail_url": "smtp://mail.example:587",
    "database_url": "postgresql://db.example/portal",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_needs_to_be_set_in_development() -> None:
    settings = Settings()
    assert settings.portal_env == "development"
    assert settings.database_url.startswith("sqlite:///")
    assert settings.mail_url == "console:"
    assert settings.show_demo
    assert not settings.secure_cookies
    assert not settings.debug


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/portal")
    monkeypatch.setenv("TRUSTED_PROXIES", "2")
    assert Settings().database_url == "postgresql://db.example/portal"
    assert Settings().trusted_proxies == 2


def test_production_starts_with_safe_settings() -> None:
    settings = Settings(**SAFE)
    assert settings.is_production
    assert settings.secure_cookies
    assert not settings.show_demo


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret_key": DEVELOPMENT_SECRET}, "SECRET_KEY"),
        ({"secret_key": "short"}, "set 32 or more random"),
        ({"debug": True}, "DEBUG is on"),
        ({"cookie_secure": False}, "COOKIE_SECURE is off"),
        ({"public_url": "http://portal.example"}, "PUBLIC_URL must start with https://"),
        ({"mail_url": "console:"}, "MAIL_URL is the console"),
        ({"demo": True}, "DEMO is on"),
    ],
    ids=["default key", "short key", "debug", "plain cookies", "plain links", "console", "demo"],
)
def test_production_refuses_each_unsafe_setting(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match="will not start in production") as refused:
        Settings(**{**SAFE, **change})
    assert words in str(refused.value)
    # The same setting is fine where nobody is harmed.
    Settings(**{**SAFE, **change, "portal_env": "development"})


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(portal_env="production", debug=True)
    for word in ("SECRET_KEY", "DEBUG", "PUBLIC_URL", "MAIL_URL"):
        assert word in str(refused.value)


def test_a_secret_is_never_shown() -> None:
    assert "k" * 48 not in repr(Settings(**SAFE))


@pytest.mark.parametrize(
    "change", [{"portal_env": "staging"}, {"trusted_proxies": -1}, {"max_upload_bytes": 0}]
)
def test_nonsense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**change)
