"""What a migration may do while the version before it serves (docs/decisions/014)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TABLE = r'(?:IF (?:NOT )?EXISTS )?(?:ONLY )?"?(\w+)"?'
# What takes away or changes what the version before reads or writes.
_TAKEN = {
    "drops a table": rf"^DROP TABLE {_TABLE}",
    "drops a column": rf"^ALTER TABLE {_TABLE} .*\bDROP COLUMN\b",
    "renames": rf"^ALTER TABLE {_TABLE} .*\bRENAME\b",
    "changes a type": rf"^ALTER TABLE {_TABLE} .*\bALTER COLUMN \S+ (?:SET DATA )?TYPE\b",
    "takes a default away": rf"^ALTER TABLE {_TABLE} .*\bALTER COLUMN \S+ DROP DEFAULT\b",
    "refuses what was allowed (NOT NULL)": rf"^ALTER TABLE {_TABLE} .*\bSET NOT NULL\b",
    "adds a column that must be given": (
        rf"^ALTER TABLE {_TABLE} ADD (?:COLUMN )?(?!CONSTRAINT)(?!.*\bDEFAULT\b).*\bNOT NULL\b"
    ),
}
# What keeps others out of a table that is there already for as long as it takes.
_HELD = {
    "reads a whole table with the table held (add it NOT VALID, validate it in the next)": (
        rf"^ALTER TABLE {_TABLE} ADD CONSTRAINT (?!.*\bNOT VALID\b).*\b(?:CHECK|FOREIGN KEY)\b"
    ),
    "builds an index with the table held (CONCURRENTLY)": (
        rf"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {_TABLE}"
    ),
    "rewrites a table (a default that is worked out for each row)": (
        rf"^ALTER TABLE {_TABLE} ADD (?:COLUMN )?.*\bDEFAULT (?:\w+\.)?(?:clock_timestamp|random|"
        r"gen_random_uuid|nextval)\b"
    ),
}


def expanding_faults(statements: Iterable[str]) -> list[str]:
    """What these statements, all of one migration, do that the version before cannot bear.

    A table that the migration makes itself is nobody else's yet.
    """
    lines = [" ".join(one.split()) for one in statements]
    made = {
        found.group(1)
        for line in lines
        if (found := re.match(rf"CREATE TABLE {_TABLE}", line, re.IGNORECASE))
    }
    faults = []
    for line in lines:
        for what, pattern in (_TAKEN | _HELD).items():
            found = re.match(pattern, line, re.IGNORECASE)
            if found and found.group(1) not in made:
                faults.append(f"{what}: {line[:120]}")
    return faults
