"""The one place where plugin code is called: it attributes, isolates and switches off."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import orjson

from ..errors import KernelError, PluginFailed
from ..hookspecs import hookimpl
from .base import Plugin

log = logging.getLogger("pronaflow.plugins")

CURRENT_PLUGIN: ContextVar[str | None] = ContextVar("pronaflow_plugin", default=None)
"""Id of the plugin whose code runs; logs carry it."""

_MARK = f"{hookimpl.project_name}_impl"


class _Implementations(SimpleNamespace):
    """Hook implementations by name; two plugins without any are still two (pluggy compares by `==`)."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # type: ignore[assignment]


def guarded(plugin_id: str, plugin: Plugin, active: Callable[[str], bool]) -> SimpleNamespace:
    """The hook implementations of a plugin, each wrapped; this is what pluggy registers.

    `provide_*` raise through to the assembly, which marks the culprit. `check_*` that fail refuse the
    request with 503 PLUGIN_FAILED, since an unheard objection must not become consent. `extend_*` that
    fail are logged and left out.
    """
    wrapped = {}
    for name in dir(type(plugin)):
        options = getattr(getattr(type(plugin), name), _MARK, None)
        if options is not None:
            wrapped[name] = _wrap(plugin_id, name, getattr(plugin, name), options, active)
    return _Implementations(**wrapped)


def _checked(name: str, answer: Any) -> Any:
    """An answer that is shown to callers must be a mapping that JSON can hold; others pass.

    Raises:
        TypeError: it is not.
    """
    if name.startswith("extend_") and answer is not None:
        if not isinstance(answer, Mapping):
            raise TypeError(f"{name} answers a mapping from record ids, not {type(answer).__name__}")
        orjson.dumps(answer)
    return answer


def _wrap(
    plugin_id: str, name: str, method: Callable[..., Any], options: Any, active: Callable[[str], bool]
) -> Callable[..., Any]:
    at_assembly, extends = name.startswith("provide_"), name.startswith("extend_")

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not at_assembly and not active(plugin_id):
            return None
        token = CURRENT_PLUGIN.set(plugin_id)
        try:
            return _checked(name, method(*args, **kwargs))
        except Exception as error:
            if at_assembly or (isinstance(error, KernelError) and not extends):
                raise
            log.exception("hook %s of plugin %s failed", name, plugin_id)
            if name.startswith("check_"):
                raise PluginFailed(f"The plugin {plugin_id} failed", details={"plugin": plugin_id}) from error
            return None
        finally:
            CURRENT_PLUGIN.reset(token)

    setattr(call, _MARK, options)
    return call
