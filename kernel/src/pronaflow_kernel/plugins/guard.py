"""The one place where plugin code is called: it attributes, isolates and switches off."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

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


def _wrap(
    plugin_id: str, name: str, method: Callable[..., Any], options: Any, active: Callable[[str], bool]
) -> Callable[..., Any]:
    at_assembly = name.startswith("provide_")

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not at_assembly and not active(plugin_id):
            return None
        token = CURRENT_PLUGIN.set(plugin_id)
        try:
            return method(*args, **kwargs)
        except KernelError:
            raise
        except Exception as error:
            if at_assembly:
                raise
            log.exception("hook %s of plugin %s failed", name, plugin_id)
            if name.startswith("check_"):
                raise PluginFailed(f"The plugin {plugin_id} failed", details={"plugin": plugin_id}) from error
            return None
        finally:
            CURRENT_PLUGIN.reset(token)

    setattr(call, _MARK, options)
    return call
