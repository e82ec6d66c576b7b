"""When the last backup was made, in a small file beside the backups: for monitors and metrics."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from portal.kernel.clock import utc_now

RECORD_NAME: Final = "last-backup.json"


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """The last backup that was made whole; sizes in bytes, times in UTC.

    ``verified_at`` is None until it was read back and found good.
    """

    name: str
    made_at: datetime
    size: int
    files: int
    rows: int
    seconds: float
    faults: int = 0
    verified_at: datetime | None = None

    @property
    def age(self) -> timedelta:
        """How long ago it was made."""
        return utc_now() - self.made_at


def last_backup(folder: Path | None) -> BackupRecord | None:
    """The record in the folder of BACKUP_FOLDER; None when there is none yet, or no folder."""
    if folder is None:
        return None
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        for name in ("made_at", "verified_at"):
            values[name] = values[name] and datetime.fromisoformat(values[name])
        return BackupRecord(**values)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_record(folder: Path, record: BackupRecord) -> None:
    """Replace the record, whole or not at all."""
    values = asdict(record)
    for name in ("made_at", "verified_at"):
        values[name] = values[name] and values[name].isoformat()
    path = folder / RECORD_NAME
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
