"""The list page as a Django project would have it: the peer that the goal for pages names.

A project as ``startproject`` makes one, with its middleware, sessions in the database, a person who
is signed in, and Django's own templates. Its tables stand beside the portal's; of these it reads.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import make_url

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def database_settings(url: str) -> dict[str, Any]:
    """The portal's database as Django takes it; its connection is kept open, as the portal's."""
    parsed = make_url(url)
    plain = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False, "ATOMIC_REQUESTS": False}
    plain |= {"AUTOCOMMIT": True, "OPTIONS": {}, "TIME_ZONE": None, "TEST": {}}
    if parsed.get_backend_name() == "sqlite":
        nobody = dict.fromkeys(("USER", "PASSWORD", "HOST", "PORT"), "")
        return {**plain, **nobody, "ENGINE": "django.db.backends.sqlite3", "NAME": parsed.database}
    return {
        **plain,
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parsed.database,
        "USER": parsed.username or "",
        "PASSWORD": parsed.password or "",
        "HOST": parsed.query.get("host") or parsed.host or "",
        "PORT": str(parsed.port or ""),
    }


def project(url: str) -> tuple[Any, str]:
    """The project as a WSGI application on this database, and the cookie of somebody signed in.

    One process has one project; asked again, it goes over to the other database.
    """
    import django
    from django.conf import settings
    from django.db import connections

    if not settings.configured:
        settings.configure(
            SECRET_KEY="of a benchmark, on a machine of its own",
            ALLOWED_HOSTS=["localhost"],
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.sessions",
                "django.contrib.messages",
                "tests.bench.django_peer",
            ],
            MIDDLEWARE=MIDDLEWARE,
            ROOT_URLCONF="tests.bench.django_peer.urls",
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {
                        "context_processors": [
                            "django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                            "django.contrib.messages.context_processors.messages",
                        ]
                    },
                }
            ],
            DATABASES={"default": database_settings(url)},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            LANGUAGE_CODE="en-gb",
            USE_TZ=True,
            DEBUG=False,
        )
        django.setup()
    else:
        connections.close_all()
        connections.settings["default"] = database_settings(url)
        del connections["default"]
    return _prepared()


def _prepared() -> tuple[Any, str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", verbosity=0)
    person = User.objects.create(username="measuring", is_staff=True)
    sessions = import_module("django.contrib.sessions.backends.db")
    session = sessions.SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return get_wsgi_application(), f"sessionid={session.session_key}; csrftoken={'c' * 32}"
