from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts import rules
from portal.accounts.throttle import address_key

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _after(failures: int, *, apart: timedelta = timedelta(seconds=1)) -> rules.Tries:
    tries = rules.Tries()
    for number in range(failures):
        tries = tries.after_failure(NOW + number * apart)
    return tries


def test_the_tenth_failure_locks_for_fifteen_minutes() -> None:
    assert not _after(9).is_locked(NOW + timedelta(seconds=9))
    tenth = NOW + timedelta(seconds=9)
    locked = _after(10)
    assert locked.is_locked(tenth)
    assert locked.is_locked(tenth + timedelta(minutes=14, seconds=59))
    assert not locked.is_locked(tenth + timedelta(minutes=15))


def test_slow_failures_never_lock() -> None:
    assert not _after(50, apart=timedelta(minutes=2)).is_locked(NOW + timedelta(minutes=100))


def test_failures_start_again_after_the_window() -> None:
    again = _after(9).after_failure(NOW + timedelta(minutes=15))
    assert again.failures == 1


@pytest.mark.parametrize("role", sorted(rules.STAFF_ROLES))
def test_all_staff_need_a_second_step(role: str) -> None:
    assert rules.needs_second_step([role])
    assert rules.session_length([role]) == timedelta(hours=12)


def test_employers_are_only_offered_one() -> None:
    assert not rules.needs_second_step([])
    assert rules.session_length([]) == timedelta(days=14)


@pytest.mark.parametrize(
    "password",
    [
        "short", "", "aaaaaaaaaaaa", "ababababababab", "password12", "Password!2026",
        "Letmein2026!!", "qwertyuiop", "0123456789", "1234567890", "administrator",
        "annexample12", "liverpool1892", "x" * 201,
    ],
)  # fmt: skip
def test_easy_passwords_are_refused(password: str) -> None:
    assert rules.password_fault(password, email="annexample@example.org", name="Ann Example")


@pytest.mark.parametrize(
    "password",
    [
        "three calm otters",
        "correct horse battery",
        "żółta łódź podwodna",
        "7Kq!mZ2p#w",
        "😀🚀🎈🍏🐙🦉🌊🍀🎻🧭",
    ],
)
def test_good_passwords_are_taken(password: str) -> None:
    assert rules.password_fault(password, email="ann@example.org", name="Ann Example") is None


@pytest.mark.parametrize("target", ["/", "/account?x=1#y", "/employers/AB/plan"])
def test_own_paths(target: str) -> None:
    assert rules.own_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None, "", "account", "//evil.example", "///evil.example", "/\\evil.example",
        "\\\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example",
        " /evil", "/a b", "\n//evil.example",
    ],
)  # fmt: skip
def test_other_paths(target: str | None) -> None:
    assert rules.own_path(target) is None


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0", "Firefox on Linux"),
        ("<script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_in_words(agent: str, said: str) -> None:
    assert rules.browser_words(agent) == said


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_one_customer_is_one_address(address: str | None, key: str) -> None:
    assert address_key(address) == key
