"""Services: typed Protocols that one plugin publishes and others use.

Who asks for a service gets a stand-in with exactly the methods of its Protocol. Through it the owner's code
runs as the owner, so that a plugin reaches another one's tables through its service and not past it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ..attribution import attributed, deferral
from ..errors import CapabilityDenied

if TYPE_CHECKING:
    from ..persistence.uow import Reader
    from .guard import Active

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_SCOPE = "__needs_scope__"


class ServiceMissing(LookupError):
    """No active plugin publishes the service."""


class ServiceFault(ValueError):
    """A service cannot be published; the message names every reason."""


def needs_scope(scope: str) -> Callable[[F], F]:
    """Mark a method of a Protocol as one that only plugins call whose manifest names a scope.

    Arguments:
        scope: as it stands under `permissions` in `plugin.toml`, e.g. `write:tasks`.
    """

    def mark(method: F) -> F:
        setattr(method, _SCOPE, scope)
        return method

    return mark


class Services:
    """The published services, by their Protocol.

    Arguments:
        active: whether a plugin is on.
    """

    def __init__(self, active: Active) -> None:
        self._active = active
        self._published: dict[type[Any], tuple[str, Any]] = {}

    def publish(self, plugin_id: str, protocol: type[Any], service: Any) -> None:
        """Publish a service.

        Raises:
            ServiceFault: another plugin publishes it already, it is asked for by something that is no
                Protocol, or its methods cannot be called as the Protocol says.
        """
        if protocol in self._published:
            rival = self._published[protocol][0]
            raise ServiceFault(f"service {protocol.__name__} is published by {rival} already")
        faults = list(_faults(protocol, service))
        if faults:
            raise ServiceFault(f"service {protocol.__name__}: {'; '.join(faults)}")
        self._published[protocol] = (plugin_id, service)

    def published(self, plugin_id: str) -> list[type[Any]]:
        """The Protocols whose services a plugin publishes."""
        return [protocol for protocol, (owner, _) in self._published.items() if owner == plugin_id]

    def get(self, protocol: type[T], reader: Reader | None = None) -> T | None:
        """The service for the kernel; see `PluginServices.get`."""
        return self._given(protocol, reader, None)

    def require(self, protocol: type[T]) -> T:
        """The service for the kernel; see `PluginServices.require`."""
        return _present(self.get(protocol), protocol)

    def lasting(self, protocol: type[T]) -> T | None:
        """The service for the kernel to keep, whether its plugin is on at this moment or not."""
        found = self._published.get(protocol)
        return None if found is None else stand_in(found[0], protocol, found[1])

    def for_plugin(self, plugin_id: str, scopes: Collection[str]) -> PluginServices:
        """The services as a plugin sees them.

        Arguments:
            scopes: that its manifest names under `permissions`.
        """
        return PluginServices(self, plugin_id, frozenset(scopes))

    def _given(self, protocol: type[T], reader: Reader | None, caller: PluginServices | None) -> T | None:
        found = self._published.get(protocol)
        if found is None:
            return None
        owner, service = found
        if not self._active(owner, None if reader is None else reader.scope.workspace_id):
            return None
        return (
            stand_in(owner, protocol, service)
            if caller is None
            else caller.stand_in(owner, protocol, service)
        )


class PluginServices:
    """The services as one plugin sees them: `ctx.services`.

    Ask for a service when it is needed: one that is kept outlives the switch of its plugin.

    Arguments:
        services: all of them.
        plugin_id: who asks.
        scopes: that it may use.
    """

    def __init__(self, services: Services, plugin_id: str, scopes: frozenset[str]) -> None:
        self._services = services
        self._plugin_id = plugin_id
        self._scopes = scopes
        self._known: dict[type[Any], tuple[Any, Any]] = {}

    def get(self, protocol: type[T], reader: Reader | None = None) -> T | None:
        """The service, or None where no active plugin publishes it (for plugins in `uses`).

        Arguments:
            reader: with it, the plugin must also be on in the workspace of its scope.
        """
        return self._services._given(protocol, reader, self)

    def require(self, protocol: type[T]) -> T:
        """The service of a plugin in `requires`.

        Raises:
            ServiceMissing: no active plugin publishes it.
        """
        return _present(self.get(protocol), protocol)

    def stand_in(self, owner: str, protocol: type[T], service: Any) -> T:
        """What the plugin gets, made once."""
        known = self._known.get(protocol)
        if known is None or known[0] is not service:
            known = self._known[protocol] = (service, stand_in(owner, protocol, service, self._denied))
        found: T = known[1]
        return found

    def _denied(self, protocol: type[Any], name: str) -> str | None:
        scope = getattr(getattr(protocol, name), _SCOPE, None)
        if scope is None or scope in self._scopes:
            return None
        return (
            f"The plugin {self._plugin_id} calls {protocol.__name__}.{name}, which needs {scope!r}: "
            "name it under `permissions` in its plugin.toml"
        )


def stand_in(
    owner: str,
    protocol: type[T],
    service: Any,
    denied: Callable[[type[Any], str], str | None] = lambda protocol, name: None,
) -> T:
    """An object with the methods of a Protocol that run a service as its owner.

    Arguments:
        denied: from the Protocol and a method's name to why it must not be called, or None.
    """
    members: dict[str, Any] = {}
    for name in methods(protocol):
        words = denied(protocol, name)
        members[name] = attributed(owner, getattr(service, name)) if words is None else _refusing(words)
    made: T = type(protocol.__name__, (), {"__slots__": tuple(members)})()
    for name, member in members.items():
        setattr(made, name, member)
    return made


def methods(protocol: type[Any]) -> list[str]:
    """Names of the methods that a Protocol, and those that it extends, demand."""
    return sorted(
        {
            name
            for kind in protocol.__mro__
            if getattr(kind, "_is_protocol", False)
            for name, value in vars(kind).items()
            if inspect.isfunction(value) and not name.startswith("_")
        }
    )


def signature_faults(protocol: type[Any], service: Any) -> list[str]:
    """How the methods of a service differ from what callers of its Protocol rely on; empty if they do not."""
    return [fault for name in methods(protocol) for fault in _method_faults(protocol, name, service)]


def _faults(protocol: type[Any], service: Any) -> Iterator[str]:
    if not getattr(protocol, "_is_protocol", False):
        yield "it is no typing.Protocol: declare one in the plugin's api module"
    elif not methods(protocol):
        yield "its Protocol demands no method"
    yield from signature_faults(protocol, service)


def _method_faults(protocol: type[Any], name: str, service: Any) -> Iterator[str]:
    method = getattr(service, name, None)
    if not callable(method):
        yield f"{name} is missing"
        return
    if words := deferral(method):
        yield f"{name}() {words}"
    wanted = list(inspect.signature(getattr(protocol, name)).parameters.values())[1:]
    given = inspect.signature(method).parameters
    takes_any = any(each.kind is each.VAR_KEYWORD for each in given.values())
    for place, parameter in enumerate(wanted):
        fault = _parameter_fault(parameter, given.get(parameter.name), list(given), place)
        if fault and not takes_any:
            yield f"{name}() {fault}"
    known = {each.name for each in wanted}
    for extra in given.values():
        variadic = extra.kind in (extra.VAR_POSITIONAL, extra.VAR_KEYWORD)
        if extra.name not in known and extra.default is extra.empty and not variadic:
            yield f"{name}() demands {extra.name}, which the Protocol does not have"


def _parameter_fault(
    wanted: inspect.Parameter, given: inspect.Parameter | None, order: list[str], place: int
) -> str | None:
    if given is None:
        return f"lacks {wanted.name}"
    if wanted.kind is wanted.POSITIONAL_OR_KEYWORD and given.kind is not given.POSITIONAL_OR_KEYWORD:
        return f"takes {wanted.name} not by position and by name"
    if wanted.kind is wanted.POSITIONAL_OR_KEYWORD and order.index(wanted.name) != place:
        return f"takes {wanted.name} at another place"
    if wanted.default is not wanted.empty and given.default is given.empty:
        return f"demands {wanted.name}, which the Protocol lets callers leave out"
    return None


def _refusing(words: str) -> Callable[..., Any]:
    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise CapabilityDenied(words)

    return refuse


def _present(service: T | None, protocol: type[T]) -> T:
    if service is None:
        raise ServiceMissing(f"no active plugin publishes {protocol.__name__}")
    return service
