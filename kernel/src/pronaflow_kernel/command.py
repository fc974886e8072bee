"""What a plugin's `commands` module imports: light, so that `--help` comes at once.

Everything else a command needs (`pronaflow_kernel.api`, the plugin's own services) is imported inside the
functions. See `docs/adr/` on the second face.
"""

from __future__ import annotations

from .cli.failures import Failure
from .cli.output import emit, json_option, note, progress
from .cli.state import kernel_of, pass_context, pass_kernel

__all__ = ["Failure", "emit", "json_option", "kernel_of", "note", "pass_context", "pass_kernel", "progress"]
