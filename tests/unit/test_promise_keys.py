"""Keys of promised work hold nobody's address, old ones neither."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from portal.db.promise_keys import key_for, refuse_addresses

_MIGRATION = Path(__file__).parents[2] / "migrations/versions/038_erasure_by_two.py"


def _migration() -> Any:
    spec = importlib.util.spec_from_file_location("migration_038", _MIGRATION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_key_is_the_same_for_one_person_and_one_thing_only() -> None:
    key = key_for("plan.signed:7", "Erika@Example.org ")
    assert key == key_for("plan.signed:7", "erika@example.org")
    assert key.startswith("plan.signed:7:")
    assert "erika" not in key
    others = {key_for("plan.signed:8", "erika@example.org"), key_for("plan.signed:7", "a@b.c")}
    assert key.rpartition(":")[2] not in {one.rpartition(":")[2] for one in others}
    assert len(key_for("x" * 150, "a" * 254)) < 200


def test_old_keys_become_those_that_are_written_now() -> None:
    old = "payments.remittance:ABCDEFGH12:Erika@example.org"
    assert _migration().without_address(old) == key_for(
        "payments.remittance:ABCDEFGH12", "erika@example.org"
    )


def test_an_address_in_a_key_is_refused() -> None:
    refuse_addresses(["plan:7", key_for("plan:7", "erika@example.org")])
    with pytest.raises(ValueError, match="address"):
        refuse_addresses(["plan:7", "plan:7:erika@example.org"])
