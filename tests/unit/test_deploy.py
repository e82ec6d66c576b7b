"""What is deployed: the reference of settings is current, and files agree with one another."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from config import ROOT, Settings
from portal.cli.settings_reference import REFERENCE, reference
from portal.web import security

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
# Read by others than the settings class.
BESIDE = {"PROMETHEUS_MULTIPROC_DIR", "BIND", "WEB_CONCURRENCY", "PORT"}


def unit(path: Path) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(path)
    return parsed


def nginx(name: str) -> str:
    text = (DEPLOY / "nginx" / name).read_text()
    return re.sub(r"#.*", "", text)


def directive(name: str, text: str) -> list[str]:
    return re.findall(rf"^\s*{name}\s+([^;]+);", text, re.MULTILINE)


def mebibytes(text: str) -> int:
    return int(text.removesuffix("m")) * 1024 * 1024


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def gunicorn() -> dict[str, object]:
    known: dict[str, object] = {}
    exec((DEPLOY / "gunicorn.conf.py").read_text(), known)  # noqa: S102 - as gunicorn reads it
    return known


def test_the_reference_of_settings_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "run: flask settings reference"


def test_every_setting_says_what_it_is() -> None:
    without = [name for name, one in Settings.model_fields.items() if not one.description]
    assert without == ["log_level"]
    for name in Settings.model_fields:
        assert f"| `{name.upper()}` |" in reference()


def test_a_secret_default_and_this_machines_folders_stay_out_of_the_reference() -> None:
    assert "never-use-in-production" not in reference()
    assert str(ROOT) not in reference()


def test_the_example_of_settings_names_what_there_is() -> None:
    text = (DEPLOY / "portal.env.example").read_text()
    names = re.findall(r"^#? ?([A-Z_]+)=", text, re.MULTILINE)
    assert {name for name in names if name.lower() not in Settings.model_fields} <= BESIDE
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    given["SECRET_KEY"] = "k" * 48
    made = Settings(**{name.lower(): value for name, value in given.items()})  # type: ignore[arg-type]
    assert made.is_production
    # As it stands it does not start: a secret key of an example would be everybody's.
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Settings(**{name.lower(): value for name, value in (given | {"SECRET_KEY": ""}).items()})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_what_there_is_as_nobody_in_particular(path: Path) -> None:
    parsed = unit(path)
    if path.suffix == ".timer":
        assert (path.with_suffix(".service")).exists()
        return
    service = parsed["Service"]
    assert service["User"] == "portal"
    assert service["NoNewPrivileges"] == "yes"
    assert service["EnvironmentFile"] == "/etc/portal/portal.env"
    words = service["ExecStart"].split()
    assert words[0].startswith("/srv/portal/current/.venv/bin/")
    for word in words:
        if word.startswith("deploy/"):
            assert (ROOT / word).is_file(), word


def test_socket_and_times_agree_from_the_browser_to_the_database() -> None:
    web = unit(DEPLOY / "systemd" / "portal-web.service")["Service"]
    site, shared, server = nginx("portal.conf"), nginx("portal-proxy.conf"), gunicorn()
    bind = re.search(r"BIND=(\S+)", web["Environment"])
    assert bind is not None
    assert bind.group(1) == server["bind"]
    assert f"server {bind.group(1)} " in site
    settings = Settings(portal_env="test")
    limits = (
        settings.database_statement_timeout_ms / 1000,
        server["timeout"],
        seconds(directive("proxy_read_timeout", shared)[0]),
    )
    assert list(limits) == sorted(set(limits)), "each gives up before who waits for it"
    assert int(web["TimeoutStopSec"]) > int(str(server["graceful_timeout"]))


def test_the_proxy_lets_through_what_the_portal_takes_and_no_claims() -> None:
    site, shared = nginx("portal.conf"), nginx("portal-proxy.conf")
    most = Settings(portal_env="test").max_upload_bytes
    assert all(mebibytes(one) > most for one in directive("client_max_body_size", site))
    headers = dict(one.split(maxsplit=1) for one in directive("proxy_set_header", shared))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "$scheme"
    assert headers["Host"] == "$host"
    assert directive("proxy_next_upstream", shared) == ["off"]
    assert directive("proxy_request_buffering", shared) == ["on"]
    assert site.count("proxy_pass") == site.count("include /etc/nginx/portal-proxy.conf")


def test_what_nginx_says_of_files_is_what_the_portal_says() -> None:
    said = dict(re.findall(r'add_header (\S+) "?([^"]*?)"? always;', nginx("portal.conf")))
    assert said["Cache-Control"] == f"public, max-age={security._YEAR}, immutable"
    assert said["Strict-Transport-Security"] == f"max-age={security._YEAR}; includeSubDomains"
    for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy"):
        assert said[name] == security._FIXED_HEADERS[name]


def test_the_container_starts_what_the_unit_starts() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    web = unit(DEPLOY / "systemd" / "portal-web.service")["Service"]["ExecStart"]
    words = re.search(r"^CMD \[(.*)\]$", text, re.MULTILINE)
    assert words is not None
    said = [word.strip(' "') for word in words.group(1).split(",")]
    assert said[1:] == web.split()[2:]
    assert web.split()[1].endswith(f"/{said[0]}")
