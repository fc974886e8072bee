"""For system administrators: how plugins and hooks fare, and the switches, under `/api/v1/system`."""

from __future__ import annotations

from functools import partial

from ..kernel import Kernel
from ..web.blueprint import Blueprint
from .handlers import Handlers
from .schemas import HookDetailOut, HookOut, PluginDetailOut, PluginOut, SwitchIn, ThrownOut


def build(kernel: Kernel) -> Blueprint:
    """The blueprint under `/api/v1/system`."""
    summary = "How the server and its plugins fare; for system administrators"
    blp = Blueprint("core", url_prefix="/api/v1/system", tag="System", summary=summary, name="system")
    do = Handlers(kernel)
    get = partial(blp.endpoint, "GET", permission="system.read")
    get("/plugins", returns=PluginOut, many=True)(do.list_plugins)
    get("/plugins/<string:plugin_id>", returns=PluginDetailOut)(do.get_plugin)
    get("/hooks", returns=HookOut, many=True)(do.list_hooks)
    get("/hooks/<string:name>", returns=HookDetailOut)(do.get_hook)
    post = partial(blp.endpoint, "POST", permission="system.write", writes=False, body=SwitchIn)
    thrown = partial(post, returns=ThrownOut, many=True)
    thrown("/plugins/<string:plugin_id>/enable")(do.enable_plugin)
    thrown("/plugins/<string:plugin_id>/disable")(do.disable_plugin)
    return blp
