"""`load()`: from the sources to one checked `Settings`, and `describe()`: back to words for operators."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .problems import Problem, SettingsError
from .schema import Settings, keys, sections
from .sources import (
    CONFIG_VARIABLE,
    Entries,
    Name,
    dotted,
    from_environment,
    from_file,
    from_flags,
)

DEFAULT_CONFIG = "pronaflow.toml"
MASK = "***"


def load(
    config_path: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    extra: Mapping[str, type] | None = None,
    known_sections: Collection[str] = (),
) -> Settings:
    """Read, merge and check all settings; later sources win: defaults, file, environment, overrides.

    Arguments:
        config_path: TOML file of `--config`; else the file that PRONAFLOW_CONFIG names, else
            `./pronaflow.toml` where there is one.
        env: environment variables, by default those of the process.
        overrides: flags by dotted name (`{"server.port": 8001}`); None means that a flag was not given.
        extra: the dataclass of each plugin that has settings, by plugin id, which is also the section's name.
        known_sections: ids of further installed plugins, whose sections are carried unread in `Settings.raw`.

    Raises:
        SettingsError: with every problem found.
        ValueError: a plugin is called like a section or a setting of the kernel.
    """
    from .checking import check

    env = os.environ if env is None else env
    own = sections()
    taken = (own.keys() | keys(Settings)) & (extra or {}).keys()
    if taken:
        raise ValueError(f"plugin ids that are names of the kernel's settings: {', '.join(sorted(taken))}")
    foreign = set(known_sections) - keys(Settings).keys()
    shape = {**dict.fromkeys(sorted(foreign)), **own, **(extra or {})}
    problems: list[Problem] = []
    values: dict[Name, Any] = {}
    sources: dict[str, str] = {}
    for entries in _read(config_path, env, overrides or {}, shape, problems):
        valid = check(entries, shape, problems)
        values.update(valid)
        sources.update({dotted(name): entries[name].where for name in valid})
    problems.extend(_missing(values, shape, problems))
    if problems:
        raise SettingsError(problems)
    settings = _assembled(values, shape, sources)
    if settings.oidc.issuer or settings.oidc.client_id or settings.oidc.client_secret:
        from .sign_in import faults

        if found := faults(settings):
            raise SettingsError(found)
    return settings


def _read(
    config_path: str | Path | None,
    env: Mapping[str, str],
    overrides: Mapping[str, Any],
    shape: Mapping[str, type | None],
    problems: list[Problem],
) -> list[Entries]:
    named = config_path or env.get(CONFIG_VARIABLE)
    path = Path(named or DEFAULT_CONFIG)
    secrets = {
        (section, key)
        for section, cls in shape.items()
        if cls
        for key, field in keys(cls).items()
        if field.metadata.get("secret")
    }
    return [
        from_file(path, problems) if named or path.exists() else {},
        from_environment(env, secrets, problems),
        from_flags(overrides),
    ]


def _missing(
    values: Mapping[Name, Any], shape: Mapping[str, type | None], problems: list[Problem]
) -> list[Problem]:
    needed = [
        (section, key)
        for section, cls in shape.items()
        if cls
        for key, field in keys(cls).items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    found = [Problem("settings", dotted(name), "must be given") for name in needed if name not in values]
    if values.get(("", "environment")) == "production" and not values.get(("", "secret_key")):
        message = "must be given in production, by PRONAFLOW_SECRET_KEY or PRONAFLOW_SECRET_KEY_FILE"
        found.append(Problem("settings", "secret_key", message))
    blamed = {problem.name for problem in problems}
    return [problem for problem in found if problem.name not in blamed]


def _assembled(
    values: Mapping[Name, Any], shape: Mapping[str, type | None], sources: Mapping[str, str]
) -> Settings:
    contents: dict[str, dict[str, Any]] = {section: {} for section in shape}
    for (section, key), value in values.items():
        contents[section][key] = value
    own = sections()
    built = {section: cls(**contents[section]) for section, cls in shape.items() if cls and section}
    return Settings(
        **contents[""],
        **{section: part for section, part in built.items() if section in own},
        extra=MappingProxyType({section: part for section, part in built.items() if section not in own}),
        raw=MappingProxyType({section: contents[section] for section, cls in shape.items() if cls is None}),
        sources=MappingProxyType(dict(sources)),
    )


class Described(NamedTuple):
    """One line of `config show`: dotted name, value as JSON data with secrets masked, where it comes from."""

    name: str
    value: Any
    source: str


def describe(settings: Settings) -> list[Described]:
    """Every setting with its value and source, secrets masked; sections in the order of the schema.

    Of sections that are carried unread nothing tells what is secret, so that all of it is masked.
    """
    parts: dict[str, Any] = {"": settings}
    parts |= {section: getattr(settings, section) for section in sections() if section}
    parts |= dict(settings.extra)
    lines = [
        _described(settings, (section, key), _shown(getattr(part, key), bool(field.metadata.get("secret"))))
        for section, part in parts.items()
        for key, field in keys(type(part)).items()
    ]
    unread = [(section, key) for section, content in settings.raw.items() for key in content]
    return lines + [_described(settings, name, MASK) for name in unread]


def _described(settings: Settings, name: Name, value: Any) -> Described:
    return Described(dotted(name), value, settings.sources.get(dotted(name), "default"))


def _shown(value: Any, secret: bool) -> Any:
    if secret and value:
        return _masked(value) if isinstance(value, str) else [MASK for _ in value]
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _masked(secret: str) -> str:
    """Of an address the part that finds the machine, of anything else nothing."""
    parts = urlsplit(secret)
    if not parts.scheme or "://" not in secret:
        return MASK
    _, at, host = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{MASK + at if at else ''}{host}{parts.path}{'?' + MASK if parts.query else ''}"
