"""Pages for visitors are made once and given to many, until what they show changes.

Only for somebody without any cookie, only what features name here, and only where the answer says
the same to everybody: no form's token, no cookie, no nonce. Scripts of such a page are known by
their hashes. It is made of the tables whose stamps were read first (``portal.db.shown``); a page
that reads anything else is not kept. See docs/decisions/014.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Final

from flask import Flask, Response, current_app, g, request, session
from flask.typing import ResponseReturnValue

from config import ROOT
from portal.db.programmes import current_programme
from portal.db.shown import SHOWN, stamps
from portal.db.tables_seen import noticing_reads
from portal.kernel.clock import today
from portal.web.access import current_actor
from portal.web.kept_store import Kept, Store
from portal.web.maintenance import is_read_only
from portal.web.security import csp_nonce, policy_of_hashes

KEPT_EXTENSION: Final = "portal_kept_pages"
EACH_EXTENSION: Final = "portal_each_time"
_WANTED: Final = "portal_kept_wanted"
_NOTED: Final = "portal_each_time_noted"
# What nobody typed: the same for all until a new version, so others may keep it for a while.
_FOR_ALL: Final = "public, max-age=60, stale-while-revalidate=600"
# What people and employers said of themselves: a browser asks each time whether it still holds.
_OF_PEOPLE: Final = "private, no-cache"
_SECRETS: Final = (b"csrf_token", b"csrf-token")
_LONGEST_ADDRESS: Final = 300
_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class KeptPage:
    """How a page is kept: ``arguments`` of its address that it knows; with others it is not kept.

    ``quiet`` pages read no records at all, so that they are there when the database is not.
    """

    arguments: frozenset[str] = frozenset()
    quiet: bool = False


def register_kept_pages(app: Flask, pages: Mapping[str, KeptPage]) -> None:
    """Have these endpoints' pages kept for visitors."""
    known: dict[str, KeptPage] = app.extensions.setdefault(_WANTED, {})
    twice = known.keys() & pages.keys()
    if twice:
        raise RuntimeError(f"Kept pages registered twice: {sorted(twice)}")
    known.update(pages)


def register_each_time(app: Flask, name: str, work: Callable[..., None]) -> None:
    """Name something that is done with every answer of a page, kept or not."""
    app.extensions.setdefault(EACH_EXTENSION, {})[name] = work


def each_time(name: str, *values: Any, **more: Any) -> None:
    """Do it for this answer, and for every one that is given from what is kept of it."""
    g.setdefault(_NOTED, []).append((name, values, more))
    current_app.extensions[EACH_EXTENSION][name](*values, **more)


def kept_store(app: Flask | None = None) -> Store | None:
    """Where pages are kept; None where PAGE_CACHE_SECONDS is 0."""
    store: Store | None = (app or current_app).extensions.get(KEPT_EXTENSION)
    return store


def _is_for_anybody() -> bool:
    """Whether nothing in the request says who asks."""
    return (
        request.method == "GET"
        and "Cookie" not in request.headers
        and "Authorization" not in request.headers
        and "Range" not in request.headers
        and not current_actor().is_authenticated
        and not current_actor().visitor_responses
    )


@cache
def _version() -> str:
    """What this version of the portal makes of pages; those of another one are not its own."""
    found = hashlib.sha256()
    for folder, pattern in (("templates", "*"), ("portal", "*.py"), ("static/dist", "manifest*")):
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file():
                found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _key(page: KeptPage, store: Store) -> str | None:
    arguments = sorted(request.args.items(multi=True))
    if any(name not in page.arguments for name, _value in arguments):
        return None
    programme = current_programme()
    # Not the host: no page is made of it, and anybody can name another one.
    address = [request.path, arguments]
    if len(json.dumps(address)) > _LONGEST_ADDRESS:
        return None
    said = [
        *((_version(), store.mark) if store.shared else ()),
        programme.slug if programme is not None else "",
        *(request.endpoint, address, is_read_only(), today().isoformat()),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _holds(kept: Kept) -> bool:
    """Whether nothing was written to what the page shows since it was made."""
    if not kept.stamps:
        return True
    now = stamps()
    return all(now.get(name, "") == stamp for name, stamp in kept.stamps.items())


def _made(response: Response, read: set[str], before: Mapping[str, str]) -> Kept | None:
    """The page as it can be kept; None where it says something to one person alone."""
    told_one = (
        response.status_code != 200  # noqa: PLR2004
        or response.mimetype != "text/html"
        or response.is_streamed
        or response.content_encoding
        or session.modified
        or "Cache-Control" in response.headers
        or "Content-Security-Policy" in response.headers
        or "Set-Cookie" in response.headers
    )
    if told_one or not read <= SHOWN:
        return None
    body = response.get_data()
    if any(secret in body for secret in _SECRETS):
        return None
    nonce = csp_nonce().encode()
    # Only scripts that carry this request's nonce are ours; another one stays without a hash.
    inline = re.findall(rb'<script nonce="%s">(.*?)</script>' % re.escape(nonce), body, re.DOTALL)
    hashes = sorted({b64encode(hashlib.sha256(one).digest()).decode() for one in inline})
    body = body.replace(b' nonce="%s"' % nonce, b"")
    if nonce in body:
        return None
    policy = policy_of_hashes(hashes)
    return Kept(
        packed=gzip.compress(body, compresslevel=_LEVEL, mtime=0),
        policy=policy,
        etag=hashlib.sha256(policy.encode() + body).hexdigest()[:32],
        stamps={name: before.get(name, "") for name in read},
        each_time=tuple(g.get(_NOTED, ())),
    )


def _answer(kept: Kept) -> Response:
    """The page, or that the browser's own copy still holds."""
    takes_packed = "gzip" in request.accept_encodings.values()
    body = kept.packed if takes_packed else gzip.decompress(kept.packed)
    response = Response(body, mimetype="text/html")
    if takes_packed:
        response.content_encoding = "gzip"
    response.headers["Content-Security-Policy"] = kept.policy
    response.headers["Cache-Control"] = _OF_PEOPLE if kept.stamps else _FOR_ALL
    response.vary.update(("Cookie", "Accept-Encoding"))
    # Weak: packed and plain are the same page.
    response.set_etag(kept.etag, weak=True)
    response.make_conditional(request)
    return response


def _from_kept(store: Store, key: str) -> Response | None:
    for kept in store.get(key):
        if _holds(kept):
            known = current_app.extensions.get(EACH_EXTENSION, {})
            for name, values, more in kept.each_time:
                known[name](*values, **more)
            return _answer(kept)
    return None


def _keeping(page: KeptPage, view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    def made(values: dict[str, Any]) -> ResponseReturnValue:
        answer: ResponseReturnValue = view(**values)
        return answer

    @wraps(view)
    def kept_or_made(**values: Any) -> ResponseReturnValue:
        store = kept_store()
        if store is None or not _is_for_anybody():
            return made(values)
        key = _key(page, store)
        if key is None:
            return made(values)
        found = _from_kept(store, key)
        if found is not None:
            return found
        with store.making(key) as first:
            found = None if first else _from_kept(store, key)
            if found is not None:
                return found
            before = {} if page.quiet else stamps()
            g.pop(_NOTED, None)
            with noticing_reads() as read:
                response = current_app.make_response(made(values))
            kept = None if page.quiet and read else _made(response, read, before)
            if kept is None:
                return response
            store.put(key, kept)
        return _answer(kept)

    return kept_or_made


def init_kept_pages(app: Flask) -> None:
    """Once every feature has registered: put what keeps pages around their views."""
    settings = app.config["SETTINGS"]
    wanted: dict[str, KeptPage] = app.extensions.get(_WANTED, {})
    for endpoint, page in wanted.items():
        app.view_functions[endpoint] = _keeping(page, app.view_functions[endpoint])
    if settings.page_cache_seconds:
        app.extensions[KEPT_EXTENSION] = Store(
            most_bytes=settings.page_cache_bytes,
            seconds=settings.page_cache_seconds,
            redis_url=settings.redis_url,
            mark=hashlib.sha256(settings.model_dump_json().encode()).hexdigest(),
        )
