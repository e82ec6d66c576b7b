"""The portal as it must not be: no request that is limited does without Redis.

The control of tests/integration/faults/test_redis.py.
"""

from __future__ import annotations

from portal import create_app
from portal.web.security import limiter

app = create_app()
limiter._in_memory_fallback_enabled = False
