"""What a piece of work costs, measured in a process of its own: processor time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """``seconds`` of the processor, ``mib`` of memory above what was there; ``said`` its answer.

    The processor's seconds are those that others on the machine cannot change.
    """

    seconds: float
    mib: float
    said: Any


def _memory(name: str) -> int:
    """VmRSS or VmHWM in bytes."""
    if not _STATUS.exists():
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    line = next(one for one in _STATUS.read_text().splitlines() if one.startswith(name))
    return int(line.split()[1]) * 1024


def cost_of(work: Callable[[], Any]) -> Cost:
    """Do some work in this process; its answer must be writable as JSON."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before, begun = _memory("VmRSS"), time.process_time()
    said = work()
    return Cost(time.process_time() - begun, (_memory("VmHWM") - before) / _MIB, said)


def in_own_process(work: Callable[[], Any]) -> Any:
    """Do some work in a process that begins as this one is, and give back what it says."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                json.dump(work(), out)
            code = 0
        except BaseException as error:  # noqa: BLE001 - said to the process that waits
            sys.__stderr__.write(f"{type(error).__name__}: {error}\n")
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"The process ended with {status}"
    return json.loads(text)


def measured(work: Callable[[], Any]) -> Cost:
    """What some work costs in a process of its own."""

    def inside() -> list[Any]:
        cost = cost_of(work)
        return [cost.seconds, cost.mib, cost.said]

    return Cost(*in_own_process(inside))
