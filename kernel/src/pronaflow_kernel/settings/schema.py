"""The settings themselves: one frozen dataclass a section, and nothing else describes them.

Types, bounds and help texts stand here once; loading, checking, `config show` and the test of `config/*.toml`
all read them. The names are those that operators write: `[server] port` in the file is
`PRONAFLOW_SERVER__PORT` in the environment and `settings.server.port` in the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_type_hints

from . import checks
from .declaring import setting
from .files import FileSettings

_CARRIED = {"carried": True}


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class ServerSettings:
    """Where the server listens."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 for all of them.")
    port: int = setting(8000, "Port to listen on.", least=0, most=65535)
    runner: Literal["waitress", "granian", "gunicorn"] = setting(
        "waitress",
        "What answers HTTP: waitress (one process, needs nothing else), granian or gunicorn (several "
        "processes, behind a proxy).",
    )
    processes: int = setting(
        1, "Processes that answer requests, best one a core; waitress has one.", least=1, most=256
    )
    threads: int = setting(
        8,
        "Threads with which waitress answers requests; processes of the others have one.",
        least=1,
        most=256,
    )
    connections: int = setting(
        500,
        "Connections open at once; stay well below the open files of the process.",
        least=10,
        most=100_000,
    )
    slow_client_seconds: int = setting(
        60, "Seconds after which a connection is closed that is silent or too slow with its request.", least=1
    )
    trusted_proxies: int = setting(
        0,
        "Proxies in front of the server, each of which adds to X-Forwarded-For and X-Forwarded-Proto; "
        "at 0 both are ignored.",
        least=0,
        most=10,
    )
    docs: bool = setting(True, "Whether /docs, /redoc and /openapi.json are served.")


@dataclass(frozen=True)
class JobSettings:
    """Who does the background work."""

    threads: int = setting(
        3,
        "Threads of the server that do background work; at 0 `pronaflow worker` alone does it.",
        least=0,
        most=64,
    )
    lease_seconds: int = setting(
        30,
        "Seconds after which work of a process that no longer answers is given to others.",
        least=2,
        most=600,
    )
    late_seconds: int = setting(
        300,
        "Seconds that a job may wait for its turn before `/health/ready` says that background work is "
        "behind.",
        least=1,
    )
    processes: int = setting(2, "Processes of `pronaflow worker`.", least=1, most=64)
    worker_threads: int = setting(
        4, "Threads that work in each process of `pronaflow worker`.", least=1, most=64
    )
    grace_seconds: int = setting(
        30,
        "Seconds in which `pronaflow worker` finishes what it has begun once it is asked to end; what is "
        "left is done again by others.",
        least=0,
        most=3600,
    )


@dataclass(frozen=True)
class CorsSettings:
    """Which pages of other origins a browser lets read the answers."""

    origins: tuple[str, ...] = setting(
        (), "Origins as browsers send them, such as https://app.example.org.", check=checks.origin
    )


@dataclass(frozen=True)
class AuthSettings:
    """Sign-in, sessions and passwords. Times are in seconds."""

    access_token_ttl: int = setting(1800, "Life of an access token in seconds.", least=1)
    refresh_token_ttl: int = setting(604800, "Life of an unused refresh token in seconds.", least=1)
    refresh_grace: int = setting(
        10,
        "Seconds for which a refresh token that is sent twice still gets its successor; 0 for none.",
        least=0,
        most=60,
    )
    session_ttl: int = setting(
        2592000, "Seconds after which a new sign-in is needed, however often tokens are refreshed.", least=1
    )
    verification_ttl: int = setting(86400, "Life of a link that proves a mail address, in seconds.", least=1)
    reset_ttl: int = setting(900, "Life of a link that resets a password, in seconds.", least=1)
    require_email_verification: bool | None = setting(
        None, "Whether signing in needs a proved mail address; by default exactly when mail goes out by SMTP."
    )
    lockout_seconds: int = setting(
        900,
        "How long an account stays locked after 5 failed sign-ins from one place; 0 locks nothing.",
        least=0,
    )
    password_profile: Literal["seed", "nist"] = setting(
        "seed", "Password rule: seed (12 characters of four classes) or nist (15 characters, no classes)."
    )
    hide_existing_accounts: bool = setting(
        False, "Whether registration answers the same for an address that already has an account."
    )
    max_sessions: int = setting(
        50, "Sessions a user may have at once; the least recently active ends first.", least=1, most=200
    )
    argon2_time_cost: int = setting(2, "Passes of the Argon2id password hash.", least=1)
    argon2_memory_kib: int = setting(19456, "Memory of the Argon2id password hash in KiB.", least=8)
    argon2_parallelism: int = setting(1, "Lanes of the Argon2id password hash.", least=1, most=64)


@dataclass(frozen=True)
class OidcSettings:
    """Sign-in through an outside OpenID Connect provider; there is none without `issuer`."""

    issuer: str | None = setting(
        None,
        "Address of the provider, exactly as its discovery document has it under `issuer`.",
        check=checks.url("http", "https", host=True),
    )
    client_id: str | None = setting(None, "What the provider calls this server.", check=checks.visible_ascii)
    client_secret: str | None = setting(
        None,
        "What this server proves itself with to the provider; without one it is a public client.",
        secret=True,
        check=checks.visible_ascii,
    )
    provider: str = setting(
        "oidc", "Name of the provider in addresses: /api/v1/auth/oauth/oidc.", check=checks.slug
    )
    name: str = setting("OpenID Connect", "Name of the provider on sign-in pages.")
    scopes: tuple[str, ...] = setting(
        ("openid", "email", "profile"), "What the provider is asked to tell.", check=checks.visible_ascii
    )
    register: bool = setting(
        True, "Whether people without an account get one when they first sign in this way."
    )
    domains: tuple[str, ...] = setting(
        (), "Mail domains of the people who may sign in this way; without one, everybody may."
    )
    redirect_uris: tuple[str, ...] = setting(
        (),
        "Pages that the provider may send people back to; by default /oauth/callback under public_url.",
        check=checks.page,
    )
    trust_mfa: bool = setting(
        False, "Whether a second factor that the provider names (`mfa` in `amr`) replaces the one asked here."
    )


@dataclass(frozen=True)
class MailSettings:
    """Outgoing mail."""

    url: str | None = setting(
        None,
        "SMTP server: smtp://, smtp+starttls:// or smtps://user:password@host:port; "
        "without one, mail becomes .eml files in the data folder.",
        secret=True,
        check=checks.url("smtp", "smtp+starttls", "smtps", host=True),
    )
    from_address: str = setting(
        "PronaFlow <pronaflow@localhost>", "Sender of every mail.", check=checks.mailbox
    )
    connections: int = setting(
        4, "Connections to the SMTP server that a process has open at a time, at most.", least=1, most=100
    )


@dataclass(frozen=True)
class PluginSettings:
    """Which plugins run."""

    disabled: tuple[str, ...] = setting((), "Ids of plugins that are installed but stay off everywhere.")
    index: tuple[str, ...] = setting(
        (),
        "Index files, by path or https address, which tell of plugins that can be had; none of them is asked "
        "for code.",
        check=checks.file_or_address,
    )
    startup: Literal["continue", "abort"] = setting(
        "continue", "What a plugin that fails does to the start: continue without it, or abort."
    )
    safe_mode: bool = setting(False, "Whether only first-party plugins run, to find out what is at fault.")
    trace_hooks: bool = setting(False, "Whether each call of a plugin's code is logged, with its time.")
    slow_hook_ms: int = setting(
        1000, "Milliseconds from which an addition of a plugin to an answer counts as a failure.", least=1
    )


@dataclass(frozen=True)
class RateLimitSettings:
    """Rate limits."""

    enabled: bool = setting(True, "Whether requests are counted and refused above their limit.")
    user_per_minute: int = setting(
        100, "Requests a minute of each user, unless a plugin gives another limit.", least=1, most=1_000_000
    )
    anonymous_per_minute: int = setting(
        30, "Requests a minute of each address that nobody has signed in from.", least=1, most=1_000_000
    )
    processes: int = setting(
        1,
        "Server processes that share the load: where they cannot count together, in Redis, each grants only "
        "its part of a limit.",
        least=1,
        most=1000,
    )


@dataclass(frozen=True)
class EgressSettings:
    """Requests that the server itself makes to other machines."""

    allow: tuple[str, ...] = setting(
        (),
        "Private networks that outgoing requests may reach, such as 10.1.0.0/16; there also by http and on "
        "any port from 1024.",
        check=checks.network,
    )
    allow_http: bool = setting(False, "Whether requests to public addresses may go unencrypted, by http.")
    ports: tuple[int, ...] = setting(
        (80, 443, 8080, 8443), "Ports of public addresses that may be reached.", least=1, most=65535
    )
    timeout: float = setting(30.0, "Most seconds that a request may take in all.", least=0.1, most=600)


@dataclass(frozen=True)
class BootstrapSettings:
    """The first administrator, created at the start where no user exists yet."""

    admin_email: str | None = setting(None, "Mail address of the first administrator.", check=checks.mailbox)
    admin_password: str | None = setting(None, "Password of the first administrator.", secret=True)


@dataclass(frozen=True)
class LimitSettings:
    """How large a request may be; what is larger is refused, never cut."""

    body_bytes: int = setting(1024 * 1024, "Largest JSON body in bytes.", least=1024)
    query_parameters: int = setting(100, "Most query parameters of a request.", least=1)
    url_bytes: int = setting(8192, "Longest path and query in bytes.", least=256)
    header_bytes: int = setting(16384, "Longest request line and headers together in bytes.", least=1024)


@dataclass(frozen=True)
class LogSettings:
    """What the server writes about itself to standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "Least severity that is written.")
    format: Literal["human", "json"] | None = setting(
        None, "Lines for people or JSON for machines; by default JSON exactly in production."
    )


@dataclass(frozen=True)
class LocaleSettings:
    """How people are addressed who have chosen nothing, and whose workspace has not either."""

    language: Literal["en-US", "vi-VN"] = setting("en-US", "Language of mails and messages.")
    timezone: str = setting(
        "UTC", "Time zone of the IANA database, such as Europe/Berlin.", check=checks.timezone
    )


@dataclass(frozen=True)
class MetricsSettings:
    """Figures for Prometheus, at `/metrics`."""

    token: str | None = setting(
        None,
        "What a scraper sends as `Authorization: Bearer`; without one, production has no `/metrics`.",
        secret=True,
        check=checks.visible_ascii,
    )


@dataclass(frozen=True)
class Settings:
    """All settings of one process, checked and complete.

    `load()` makes it; a test may construct it directly. Values that depend on others are filled in on
    construction: `data_dir` becomes absolute, `database_url` names the SQLite file of the data folder,
    `auth.require_email_verification` follows `mail.url`, and `logs.format` follows `environment`.

    Besides the sections:
        extra: the sections of plugins by plugin id, each an instance of the plugin's dataclass.
        raw: sections of plugins that are installed but could not say what they mean, as written.
        sources: where each value comes from by dotted name (`server.port`): `pronaflow.toml:12`, the name of
            an environment variable, `flag`; a name that is missing here has its default.
    """

    environment: Literal["development", "production", "test"] = setting(
        "development", "What this server is for: development, production or test."
    )
    data_dir: Path = setting(  # noqa: RUF009 - it makes a field
        Path("instance"), "Folder for everything that the server stores by itself."
    )
    database_url: str = setting(
        "",
        "Database: postgresql://user:password@host/name or sqlite:///file; "
        "by default a SQLite file in the data folder.",
        secret=True,
        check=checks.url("sqlite", "postgresql", "postgresql+psycopg"),
    )
    redis_url: str | None = setting(
        None,
        "Redis for several processes: redis://host:6379/0; without it one process does everything.",
        secret=True,
        check=checks.url("redis", "rediss", "unix"),
    )
    secret_key: tuple[str, ...] = setting(
        (),
        "Random keys of 32 bytes or more; the first signs, the others are still accepted. "
        "Outside production the server makes one itself.",
        secret=True,
        check=checks.strong_key,
    )
    public_url: str = setting(
        "http://localhost:8000",
        "Address under which users reach the server; links in mails start with it.",
        check=checks.url("http", "https", host=True),
    )
    server: ServerSettings = field(default_factory=ServerSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
    cors: CorsSettings = field(default_factory=CorsSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    plugins: PluginSettings = field(default_factory=PluginSettings)
    rate_limit: RateLimitSettings = field(default_factory=RateLimitSettings)
    egress: EgressSettings = field(default_factory=EgressSettings)
    bootstrap: BootstrapSettings = field(default_factory=BootstrapSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    files: FileSettings = field(default_factory=FileSettings)
    logs: LogSettings = field(default_factory=LogSettings)
    locale: LocaleSettings = field(default_factory=LocaleSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    extra: Mapping[str, Any] = field(default_factory=_nothing, metadata=_CARRIED)
    raw: Mapping[str, Mapping[str, Any]] = field(default_factory=_nothing, repr=False, metadata=_CARRIED)
    sources: Mapping[str, str] = field(default_factory=_nothing, repr=False, compare=False, metadata=_CARRIED)

    def __post_init__(self) -> None:
        fill = object.__setattr__  # the one way to complete a frozen instance
        fill(self, "data_dir", self.data_dir.expanduser().absolute())
        if not self.database_url:
            fill(self, "database_url", f"sqlite:///{self.data_dir / 'pronaflow.sqlite3'}")
        if self.auth.require_email_verification is None:
            fill(self, "auth", replace(self.auth, require_email_verification=self.mail.url is not None))
        if self.logs.format is None:
            chosen: Literal["human", "json"] = "json" if self.production else "human"
            fill(self, "logs", replace(self.logs, format=chosen))

    @property
    def production(self) -> bool:
        """Whether `environment` is production."""
        return self.environment == "production"


def sections() -> dict[str, type]:
    """The kernel's sections by name in the order of the schema; `""` is the top level."""
    kinds = get_type_hints(Settings).items()
    return {
        "": Settings,
        **{name: kind for name, kind in kinds if isinstance(kind, type) and is_dataclass(kind)},
    }


def keys(cls: type) -> dict[str, Field[Any]]:
    """The settings that a section's dataclass declares, by key."""
    inner = sections() if cls is Settings else {}
    declared = (field for field in fields(cls) if "carried" not in field.metadata)
    return {field.name: field for field in declared if field.name not in inner}
