"""The portal as it must not be: money set aside is written in two halves, and it dies between them.

The control of the kill runs (tests/integration/payments/test_kills.py).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

from portal import create_app
from portal.db import current_session
from portal.kernel.people import Author
from portal.payments.service import ledger
from portal.payments.service.ledger import Movement


def halved(_movements: Sequence[Movement], *, by: Author) -> None:
    """Keep what was changed so far, then die before the ledger hears of it."""
    assert by.user_id is not None
    current_session().commit()
    os.kill(os.getpid(), signal.SIGKILL)


ledger.append = halved
app = create_app()
