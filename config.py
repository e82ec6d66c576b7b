"""Settings from the environment, with embedded defaults that need no service at all.

Every setting is read from an environment variable of the same name in capitals. With nothing set
the portal runs from a SQLite file, local files and console mail under ``instance/``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
DEVELOPMENT_SECRET = "development-only-secret-key-never-use-in-production"  # noqa: S105


class Settings(BaseSettings):
    """The portal's configuration. Money in pence, times in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    portal_env: Literal["development", "test", "production"] = Field(
        default="development", description="production refuses unsafe settings at start."
    )
    secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_SECRET),
        description="Signs cookies and links; 32+ characters.",
    )
    secret_key_fallbacks: list[SecretStr] = Field(
        default_factory=list, description="Earlier secret keys that still read cookies (JSON list)."
    )
    database_url: str = Field(
        default=f"sqlite:///{ROOT / 'instance' / 'portal.db'}",
        description="SQLAlchemy address; sqlite:/// or postgresql://.",
    )
    database_pool_size: int = Field(
        default=5, ge=1, le=200, description="Connections to PostgreSQL a process keeps open."
    )
    database_pool_overflow: int = Field(
        default=10, ge=0, le=200, description="Connections more that it may open for a while."
    )
    database_pool_timeout: float = Field(
        default=10,
        gt=0,
        le=60,
        description="Seconds to wait for a free one before a page says that it is busy.",
    )
    database_pool_recycle: int = Field(
        default=1800, ge=0, description="Seconds after which a connection is made anew; 0: never."
    )
    database_pre_ping: bool = Field(
        default=True, description="Ask a connection whether it still lives before it is used."
    )
    database_pgbouncer: bool = Field(
        default=False,
        description="pgbouncer in transaction mode is in between: nothing is prepared, and limits "
        "of time are said with each transaction.",
    )
    database_statement_timeout_ms: int = Field(
        default=20_000,
        ge=0,
        description="Longest statement of a page on PostgreSQL, in milliseconds; 0: no limit. Jobs "
        "and commands have none.",
    )
    database_lock_timeout_ms: int = Field(
        default=10_000,
        ge=0,
        description="Longest wait for a lock on PostgreSQL, in milliseconds; 0: no limit.",
    )
    database_idle_timeout_ms: int = Field(
        default=60_000,
        ge=0,
        description="PostgreSQL ends a transaction of a page in which nothing happens for so many "
        "milliseconds, and one of a job after ten times that; 0: never.",
    )
    database_random_page_cost: float = Field(
        default=1.1,
        ge=0,
        description="What PostgreSQL takes reading a page at random to cost, as against the next "
        "one; 1.1 is for disks without moving parts, 4 for others; 0: as the server is set.",
    )
    migration_lock_timeout_ms: int = Field(
        default=3000,
        gt=0,
        description="Longest wait of flask db upgrade for a table on PostgreSQL, in milliseconds: "
        "meanwhile pages queue behind it.",
    )
    migration_tries: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="How often flask db upgrade tries again, with growing pauses, while others "
        "hold a table.",
    )
    reports_database_url: str | None = Field(
        default=None,
        description="A read replica for reports, postgresql://; unset, dead or stale: they are "
        "read where everything is.",
    )
    reports_lag_seconds: int = Field(
        default=60, ge=1, description="How far the replica may be behind before it is not used."
    )
    several_programmes: bool = Field(
        default=False,
        description="Several programmes of LEPs share this installation (PostgreSQL only).",
    )
    programme: str | None = Field(
        default=None,
        description="With several programmes: the one a command works for (flask programmes list).",
    )
    mail_url: str = Field(
        default="console:", description="console: or smtp://user:password@host:587 (STARTTLS)."
    )
    mail_from: str = Field(
        default="Part-Time Talent Portal <noreply@portal.example>",
        description="Sender of every message.",
    )
    storage_url: str = Field(
        default=f"file://{ROOT / 'instance' / 'files'}",
        description="Where files go: file:///folder or s3://bucket/prefix.",
    )
    storage_endpoint: str | None = Field(
        default=None,
        description="Address of S3-compatible storage that is not Amazon's: https://host[:port].",
    )
    storage_region: str | None = Field(
        default=None, description="Region of the bucket, where the service has regions."
    )
    storage_access_key_id: str | None = Field(
        default=None, description="Name of the key to the bucket; unset: the machine's own role."
    )
    storage_secret_access_key: SecretStr | None = Field(
        default=None, description="Secret of that key."
    )
    scan_url: str | None = Field(
        default=None,
        description="Virus scanner: clamd://host:3310 or clamd:///socket; unset: none.",
    )
    redis_url: str | None = Field(
        default=None, description="Redis for limits and jobs when scaled out; unset: embedded."
    )
    queue_path: Path = Field(
        default=ROOT / "instance" / "queue.db", description="SQLite file of the embedded job queue."
    )
    public_url: str = Field(
        default="http://127.0.0.1:5000", description="Address used in links sent by mail."
    )
    trusted_hosts: list[str] = Field(
        default_factory=list,
        description="Host names besides PUBLIC_URL's that production answers to (JSON list).",
    )
    controller_name: str = Field(
        default="Example LEP (a demonstration)",
        description="Who answers for people's data, as the privacy notice names them.",
    )
    privacy_contact: str = Field(
        default="privacy@portal.example",
        description="Where people write about their data: an address people read.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=5,
        description="Proxies in front whose X-Forwarded headers are believed.",
    )
    bacs_service_user_number: str = Field(
        default="", pattern=r"^(\d{6})?$", description="The payer's Bacs number, 6 digits."
    )
    bacs_sort_code: str = Field(
        default="", pattern=r"^(\d{6})?$", description="Sort code money is paid from, 6 digits."
    )
    bacs_account: str = Field(
        default="", pattern=r"^(\d{8})?$", description="Account money is paid from, 8 digits."
    )
    bacs_name: str = Field(
        default="", max_length=18, description="Name of that account, as payees see it."
    )
    debug: bool = Field(default=False, description="Flask's debugger; refused in production.")
    cookie_secure: bool | None = Field(
        default=None, description="Cookies travel by https only; default: on in production."
    )
    backup_folder: Path | None = Field(
        default=None, description="Where the worker leaves a backup each day; unset: none is made."
    )
    backup_key_file: Path | None = Field(
        default=None, description="File with the key of backups, made by flask backup key."
    )
    backup_passphrase: SecretStr | None = Field(
        default=None, description="Passphrase of backups, where there is no key file."
    )
    backup_keep: int = Field(
        default=14, ge=1, description="Backups kept in the folder; older ones are removed."
    )
    backup_scratch_url: str | None = Field(
        default=None,
        description="Empty PostgreSQL database in which backups are proved; it is left empty.",
    )
    audit_anchor_file: Path | None = Field(
        default=None,
        description="File to which the end of the audit trail is added daily; keep it elsewhere.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Bearer token for /metrics; unset: this machine only, and none in production.",
    )
    slow_query_ms: int = Field(
        default=500, ge=0, description="Statements slower than this are logged; 0: none."
    )
    disk_reserve_bytes: int = Field(
        default=200 * 1024 * 1024, ge=0, description="Free disk below which /readyz says no."
    )
    max_upload_bytes: int = Field(
        default=10 * 1024 * 1024, gt=0, description="Largest request body, in bytes."
    )
    page_cache_seconds: int = Field(
        default=60,
        ge=0,
        le=3600,
        description="Longest time a page for visitors is kept; what it shows changing ends it at "
        "once. 0: none is kept.",
    )
    page_cache_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=0,
        description="Memory of each process for such pages, in bytes; with REDIS_URL processes "
        "share them as well.",
    )
    demo: bool | None = Field(
        default=None,
        description="Mailbox page and demonstration sign-in codes; default: on in development.",
    )
    maintenance: Literal["", "read-only"] = Field(
        default="",
        description="read-only: pages show, what would write gets a 503 page, the worker rests.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def is_production(self) -> bool:
        """Whether this installation serves real people."""
        return self.portal_env == "production"

    @property
    def answered_hosts(self) -> list[str] | None:
        """Host names requests may name; None, outside of production, for any.

        This machine's own names are among them, so that a process can be asked how it is.
        """
        if self.several_programmes or (not self.is_production and not self.trusted_hosts):
            # With several programmes the host says which one; a name that is none's finds nothing.
            return None
        public = urlsplit(self.public_url).hostname or ""
        return [public, *self.trusted_hosts, "localhost", "127.0.0.1", "[::1]"]

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are marked Secure."""
        return self.is_production if self.cookie_secure is None else self.cookie_secure

    @property
    def show_demo(self) -> bool:
        """Whether the mailbox page and the demonstration sign-in codes exist at all."""
        if self.is_production:
            return False
        return self.portal_env == "development" if self.demo is None else self.demo

    @model_validator(mode="after")
    def _refuse_half_of_a_thing(self) -> Settings:
        if self.reports_database_url is not None and not all(
            url.startswith("postgresql") for url in (self.database_url, self.reports_database_url)
        ):
            raise ValueError("REPORTS_DATABASE_URL: PostgreSQL has replicas, SQLite has none")
        if (self.storage_access_key_id is None) != (self.storage_secret_access_key is None):
            raise ValueError(
                "STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY belong together: set both"
            )
        return self

    @model_validator(mode="after")
    def _several_need_postgresql(self) -> Settings:
        if self.several_programmes and not self.database_url.startswith("postgresql"):
            raise ValueError(
                "SEVERAL_PROGRAMMES needs PostgreSQL: set DATABASE_URL=postgresql://…, "
                "or unset it where the installation is of one programme"
            )
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Settings:
        if not self.is_production:
            return self
        faults = []
        secret = self.secret_key.get_secret_value()
        if secret == DEVELOPMENT_SECRET or len(secret) < 32:  # noqa: PLR2004
            faults.append(
                "SECRET_KEY is missing, short or the development default: set 32 or more random "
                "characters, for example from: python3 -c 'import secrets; "
                "print(secrets.token_urlsafe(48))'"
            )
        if self.debug:
            faults.append("DEBUG is on: unset it")
        if self.cookie_secure is False:
            faults.append("COOKIE_SECURE is off: cookies would travel without https; unset it")
        if not self.public_url.startswith("https://"):
            faults.append("PUBLIC_URL must start with https:// so that links and cookies are safe")
        if self.mail_url.startswith("console"):
            faults.append("MAIL_URL is the console: set smtp://… so that people get their mail")
        if self.demo:
            faults.append("DEMO is on: unset it, it shows mail and sign-in codes to anyone")
        if faults:
            raise ValueError("The portal will not start in production:\n- " + "\n- ".join(faults))
        return self
