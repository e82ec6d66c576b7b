"""Where pages for visitors are kept: in this process, and in Redis for all of them if there is one.

What is kept is only ever a help. Redis that does not answer is left alone for half a minute, and
what comes from there in another form than ours is taken for absent.
"""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

REST_SECONDS: Final = 30.0
# A page is never waited for longer than this where another process makes it.
_WAIT_SECONDS: Final = 2.0
_LOOK_EVERY: Final = 0.02
_MAKING_MS: Final = 10_000
_OVERHEAD: Final = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it goes out, packed; ``stamps`` are those of the tables that it shows.

    ``each_time`` is what is done with every answer, by name: a reader is counted, for instance.
    """

    packed: bytes
    policy: str
    etag: str
    stamps: Mapping[str, str]
    each_time: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = ()

    @property
    def size(self) -> int:
        """Roughly the bytes it takes."""
        return len(self.packed) + len(self.policy) + _OVERHEAD


def as_bytes(kept: Kept) -> bytes:
    """The page as Redis holds it: a line about it, then the page."""
    about = asdict(kept)
    packed: bytes = about.pop("packed")
    return json.dumps(about).encode() + b"\n" + packed


def from_bytes(data: bytes) -> Kept | None:
    """The page that Redis held; None where that is none of ours."""
    line, _, packed = data.partition(b"\n")
    try:
        about = json.loads(line)
        each = tuple((str(n), tuple(a), dict(k)) for n, a, k in about["each_time"])
        stamps = {str(name): str(stamp) for name, stamp in about["stamps"].items()}
        gzip.decompress(packed)
        return Kept(packed, str(about["policy"]), str(about["etag"]), stamps, each)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError):
        return None


class Memory:
    """Pages of one process, within a number of bytes; those asked for longest ago go first."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._most, self._seconds = most_bytes, seconds
        self._pages: OrderedDict[str, tuple[float, Kept]] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def get(self, key: str) -> Kept | None:
        """The page, unless it is too old."""
        with self._lock:
            until, kept = self._pages.get(key, (0.0, None))
            if kept is None:
                return None
            if until <= time.monotonic():
                self._drop(key)
                return None
            self._pages.move_to_end(key)
            return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep the page, in the place of those asked for longest ago."""
        with self._lock:
            self._drop(key)
            if kept.size > self._most:
                return
            self._pages[key] = (time.monotonic() + self._seconds, kept)
            self.size += kept.size
            while self.size > self._most:
                self._drop(next(iter(self._pages)))

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._pages.clear()
            self.size = 0

    def pages(self) -> list[Kept]:
        """Everything that is kept."""
        with self._lock:
            return [kept for _until, kept in self._pages.values()]

    def _drop(self, key: str) -> None:
        found = self._pages.pop(key, None)
        if found is not None:
            self.size -= found[1].size


class Store:
    """Both, and who makes a page while others wait for it.

    ``mark`` tells this installation's pages from those of another one in the same Redis.
    """

    def __init__(
        self, *, most_bytes: int, seconds: int, redis_url: str | None, mark: str = ""
    ) -> None:
        self.mark = mark
        self.memory = Memory(most_bytes, seconds)
        self._seconds = seconds
        self._making = [threading.Lock() for _ in range(64)]
        self._rests_until = 0.0
        self._redis: Redis | None = None
        if redis_url:
            self._redis = Redis.from_url(
                redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
            )

    @property
    def shared(self) -> bool:
        """Whether other processes see what is kept."""
        return self._redis is not None

    def _ask(self, what: str, *args: Any, **more: Any) -> Any:
        if self._redis is None or time.monotonic() < self._rests_until:
            return None
        try:
            return getattr(self._redis, what)(*args, **more)
        except (RedisError, OSError) as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            _log.warning("Pages are kept in each process alone: Redis %s", type(error).__name__)
            return None

    def get(self, key: str) -> Iterator[Kept]:
        """What is kept under the key, nearest first; whether it still holds the caller knows."""
        near = self.memory.get(key)
        if near is not None:
            yield near
        data = self._ask("get", f"portal:page:{key}")
        far = from_bytes(data) if isinstance(data, bytes) else None
        if far is not None:
            self.memory.put(key, far)
            yield far

    def put(self, key: str, kept: Kept) -> None:
        """Keep a page here and, if it is there, in Redis."""
        self.memory.put(key, kept)
        self._ask("set", f"portal:page:{key}", as_bytes(kept), ex=self._seconds)

    @contextmanager
    def making(self, key: str) -> Iterator[bool]:
        """Make a page alone; False for who had to wait, and looks first whether it is there.

        Never for longer than two seconds: then a page is made twice rather than late.
        """
        lock, name = self._making[hash(key) % len(self._making)], f"portal:making:{key}"
        first = lock.acquire(blocking=False)
        held = first or lock.acquire(timeout=_WAIT_SECONDS)
        asked = self._ask("set", name, b"1", nx=True, px=_MAKING_MS) if first else None
        if first and self._redis is not None and asked is None and not self._rests:
            self._wait_for(name)
            first = False
        try:
            yield first
        finally:
            if asked:
                self._ask("delete", name)
            if held:
                lock.release()

    @property
    def _rests(self) -> bool:
        return time.monotonic() < self._rests_until

    def _wait_for(self, name: str) -> None:
        """Wait while another process makes the page, but not for long."""
        end = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < end and self._ask("exists", name):
            time.sleep(_LOOK_EVERY)
