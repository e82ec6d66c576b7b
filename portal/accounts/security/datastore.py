"""Flask-Security's datastore on the portal's session and units of work."""

from __future__ import annotations

from typing import Any

from flask_security.datastore import SQLAlchemyUserDatastore
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts import links, rules, sessions
from portal.accounts.models import Role, User, WebauthnCredential
from portal.db import current_session


class _CurrentSession:
    """Stands where the library expects a Flask-SQLAlchemy object."""

    @property
    def session(self) -> Any:
        return current_session()


class PortalUserDatastore(SQLAlchemyUserDatastore):  # type: ignore[misc]
    """Reads and writes people through the session of the current request.

    ``commit`` does nothing: the unit of work round the view commits once, when all is done, and a
    write outside one is refused by the session itself.
    """

    def __init__(
        self, user: type[User], role: type[Role], passkey: type[WebauthnCredential]
    ) -> None:
        super().__init__(_CurrentSession(), user, role, passkey)

    def commit(self) -> None:
        """Left to the unit of work."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> User | None:  # noqa: FBT001, FBT002
        """The person whose one attribute has this value; addresses by any capitals."""
        del case_insensitive
        attribute, value = kwargs.popitem()
        if attribute == "email":
            value = rules.normal_email(str(value))
        query = (
            select(User).where(getattr(User, attribute) == value).options(joinedload(User.roles))
        )
        return current_session().scalars(query).unique().one_or_none()

    def set_uniquifier(self, user: Any, uniquifier: str | None = None) -> None:
        """Make every cookie and pending sign-in of the person worthless; sessions and links end."""
        super().set_uniquifier(user, uniquifier)
        sessions.end_all(user_id=user.id)
        links.end_of([user.id], why="signed_out_everywhere")
