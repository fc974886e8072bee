"""Asking the plugins, in the kernel's terms instead of pluggy's.

Implementations are called in the order in which their plugins start: after everything that a plugin
requires or uses, ties by id. There is no way to be first or last, so that the order can be explained.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from .. import hookspecs
from ..access.principal import Principal
from ..records.policy import TrashPolicy
from . import specs
from .base import Plugin
from .lifecycle import PluginFault
from .markers import PROJECT, hookimpl
from .specs import Spec

if TYPE_CHECKING:
    from ..persistence.uow import Reader, Row, UnitOfWork
    from ..web.limits.rate import RateLimit
    from .guard import Guard

_MARK = f"{hookimpl.project_name}_impl"
_ORDERING = ("tryfirst", "trylast", "wrapper", "hookwrapper")


T = TypeVar("T")


class UnfitAnswer(Exception):
    """A plugin answers a hook of another one with something that cannot be taken.

    Arguments:
        plugin_id: whose answer it is; hook: to what; error: what is wrong.
    """

    def __init__(self, plugin_id: str, hook: str, error: BaseException) -> None:
        super().__init__(f"{hook} of {plugin_id}: {error}")
        self.plugin_id, self.hook, self.error = plugin_id, hook, error


class _Implementations(SimpleNamespace):
    """Hook implementations by name; two plugins without any are still two (pluggy compares by `==`)."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Implementation:
    """Who implements a hook, and where.

    Arguments:
        plugin_id: whose it is; hook: which one.
        file, line: of the code.
        function: its qualified name.
    """

    plugin_id: str
    hook: str
    file: str
    line: int
    function: str


class Hooks:
    """The questions, the kernel's and those that plugins publish.

    Arguments:
        guard: through which everything is called.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._manager = pluggy.PluginManager(PROJECT)
        self._specs: dict[str, Spec] = {}
        self._plugins: dict[str, Plugin] = {}
        self.publish("kernel", hookspecs)

    def specs(self) -> Mapping[str, Spec]:
        """Every hook by name."""
        return self._specs

    def publish(self, owner: str, namespace: ModuleType | type[Any]) -> None:
        """Take specifications.

        Arguments:
            owner: `kernel`, or the id of the plugin whose hooks they are.
            namespace: module or class with functions marked `@hookspec`.

        Raises:
            SpecError: with every fault in words.
        """
        found = specs.read(namespace, owner, self._specs)
        self._manager.add_hookspecs(namespace)
        self._specs |= found

    def register(self, plugin_id: str, plugin: Plugin, missing: Sequence[str] = ()) -> None:
        """Take a plugin's implementations.

        Arguments:
            missing: names of hooks whose plugins are not there; implementations of them rest.

        Raises:
            PluginFault: one implements a hook that does not exist, asks for an argument that its hook has
                not, or wants to be first or last.
        """
        wrapped = {}
        for name, method, options in _marked(plugin):
            if name in missing:
                continue
            if name not in self._specs:
                near = get_close_matches(name, self._specs, 1)
                hint = f"; did you mean {near[0]}?" if near else ": `pronaflow hooks list` lists them"
                raise PluginFault(f"{name} is no hook{hint}")
            if any(options.get(word) for word in _ORDERING):
                raise PluginFault(
                    f"{name} wants to be first, last or around others: the order is that of starts"
                )
            try:
                wrapped[name] = self._guard.wrap(plugin_id, self._specs[name], method)
            except TypeError as error:
                raise PluginFault(str(error)) from error
            specs.warn(plugin_id, self._specs[name], method)
            # Here pluggy looks for the arguments to pass: all that the hook has.
            vars(wrapped[name])["__wrapped__"] = getattr(self._manager.hook, name).spec.function
            # pluggy calls last what came last and is not marked; with the mark it keeps the order of starts.
            setattr(wrapped[name], _MARK, {**options, "trylast": True})
        self._manager.register(_Implementations(**wrapped), name=plugin_id)
        self._plugins[plugin_id] = plugin

    def provide(self, plugin_id: str, name: str) -> Any:
        """One plugin's answer to a `provide_*` hook; None if it does not implement it."""
        implementation = getattr(self._manager.get_plugin(plugin_id), name, None)
        return None if implementation is None else implementation()

    def implemented(self, plugin_id: str) -> list[str]:
        """Names of the hooks that a plugin implements, sorted."""
        return sorted(name for name, _, _ in _marked(self._plugins[plugin_id]) if name in self._specs)

    def implementations(self, name: str) -> list[Implementation]:
        """Who implements a hook, in order of call."""
        found = [each.plugin_name for each in self._called(name)]
        return [_implementation(owner, name, getattr(self._plugins[owner], name)) for owner in found]

    def ask(self, name: str, /, *, only: set[str] | None = None, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask all plugins that are on; `(plugin id, answer)` in order of call, without answers of None.

        Arguments:
            name: of the hook.
            only: ask these plugins alone.
            arguments: all that the hook passes.

        Raises:
            KernelError: a refusal, see `guard`.
        """
        answers = []
        for each in self._called(name):
            if only is None or each.plugin_name in only:
                answer = each.function(*[arguments[argument] for argument in each.argnames])
                if answer is not None:
                    answers.append((each.plugin_name, answer))
        return answers

    def take(self, name: str, check: Callable[[str, Any], T]) -> list[T]:
        """Ask a `provide_*` hook of a plugin's own, in its `on_assembled`; what `check` makes of each answer.

        Arguments:
            check: called with the id of a plugin and its answer; raises where it cannot be taken.

        Raises:
            UnfitAnswer: a plugin raised, or `check` did; it names the plugin whose answer it is.
        """
        taken = []
        for each in self._called(name):
            try:
                taken.append(check(each.plugin_name, each.function()))
            except Exception as error:
                raise UnfitAnswer(each.plugin_name, name, error) from error
        return taken

    def call(self, plugin_id: str, what: str, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function that was part of a plugin's answer, as that plugin; what it raises goes on.

        Arguments:
            what: it is, as it is counted: `recipients of task_assigned`.
        """
        with self._guard.watching(plugin_id, what):
            return function(*arguments)

    def is_on(self, plugin_id: str, workspace_id: str | None) -> bool:
        """Whether a plugin is on, and with a workspace, whether it is on there; for parts of its answers."""
        return self._guard.is_on(plugin_id, workspace_id)

    def is_implemented(self, name: str) -> bool:
        """Whether any plugin implements a hook; spares the call where none does."""
        return bool(getattr(self._manager.hook, name).get_hookimpls())

    @property
    def extends(self) -> bool:
        """Whether any plugin implements `extend_payload`."""
        return self.is_implemented("extend_payload")

    def pick_principal(self, reader: Reader, credential: str) -> Principal | None:
        """Whom a bearer credential that is no access token of the kernel signs in."""
        found: Principal | None = self._manager.hook.pick_principal(reader=reader, credential=credential)
        return found

    def pick_rate_limit(self, reader: Reader, principal: Principal) -> RateLimit | None:
        """Another limit than the user's; None where no plugin has one."""
        found: RateLimit | None = self._manager.hook.pick_rate_limit(reader=reader, principal=principal)
        return found

    def pick_trash_policy(self, reader: Reader) -> TrashPolicy:
        """How long a workspace keeps what is in its trash."""
        found: TrashPolicy | None = self._manager.hook.pick_trash_policy(reader=reader)
        return found or TrashPolicy()

    def check_permission(self, reader: Reader, permission: str, container_id: str | None) -> None:
        """Let the plugins object to what the roles allow."""
        self._manager.hook.check_permission(reader=reader, permission=permission, container_id=container_id)

    def check_change(
        self, uow: UnitOfWork, resource: str, row: Row | None, changes: Mapping[str, Any]
    ) -> None:
        """Let the plugins object to a change before it is written."""
        self._manager.hook.check_change(uow=uow, resource=resource, row=row, changes=changes)

    def extend_payload(
        self, reader: Reader, resource: str, rows: Sequence[Row], only: set[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """What the plugins add to records: record id to `{plugin id: data}`.

        Arguments:
            only: ask these plugins alone (lists, `?ext=`); None asks all.
        """
        extensions: dict[str, dict[str, Any]] = {row["id"]: {} for row in rows}
        # In one workspace the guard asks who is on there; elsewhere each row has a home of its own.
        alone = reader.scope.workspace_id is not None
        homes = {} if alone else {row["id"]: _home(resource, row) for row in rows}
        answers = self.ask("extend_payload", only=only, reader=reader, resource=resource, rows=rows)
        for plugin_id, added in answers:
            for record_id, data in added.items():
                if record_id in extensions and (alone or self._guard.is_on(plugin_id, homes[record_id])):
                    extensions[record_id][plugin_id] = data
        return extensions

    def collect_user_data(self, reader: Reader, user_id: str) -> dict[str, Mapping[str, Any]]:
        """What the plugins hold of a user: plugin id to rows by kind. One that fails is left out."""
        return dict(self.ask("collect_user_data", reader=reader, user_id=user_id))

    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> dict[str, str]:
        """Let the plugins forget a user, in one transaction; what they say of free text, by plugin id.

        Raises:
            PluginFailed: one could not; nothing may be committed then.
        """
        said = self.ask("erase_user_data", uow=uow, user_id=user_id)
        return {plugin_id: str(words) for plugin_id, words in said}

    def _called(self, name: str) -> list[pluggy.HookImpl]:
        """The implementations in order of call; pluggy keeps them the other way round."""
        return list(reversed(getattr(self._manager.hook, name).get_hookimpls()))


def _home(resource: str, row: Row) -> str | None:
    """The workspace that a record lies in, as far as it tells."""
    found: str | None = row["id"] if resource == "workspace" else row.get("workspace_id")
    return found


def _marked(plugin: Plugin) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Name, bound method and options of everything that a plugin marks with `@hookimpl`."""
    for name in dir(type(plugin)):
        options = getattr(inspect.getattr_static(type(plugin), name), _MARK, None)
        if options is not None:
            yield name, getattr(plugin, name), options


def _implementation(plugin_id: str, name: str, method: Any) -> Implementation:
    code = inspect.unwrap(method)
    code = getattr(code, "__func__", code)
    return Implementation(
        plugin_id, name, code.__code__.co_filename, code.__code__.co_firstlineno, code.__qualname__
    )
