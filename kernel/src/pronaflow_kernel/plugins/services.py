"""Services: typed Protocols that one plugin publishes and others use."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


class ServiceMissing(LookupError):
    """No active plugin publishes the service."""


class Services:
    """The published services, by their Protocol."""

    def __init__(self) -> None:
        self._published: dict[type[Any], tuple[str, Any]] = {}

    def publish(self, plugin_id: str, protocol: type[Any], service: Any) -> None:
        """Publish a service.

        Raises:
            ValueError: another plugin publishes it already, or it lacks one of the Protocol's methods.
        """
        if protocol in self._published:
            rival = self._published[protocol][0]
            raise ValueError(f"service {protocol.__name__} is published by {rival} already")
        missing = [name for name in vars(protocol) if not name.startswith("_") and not hasattr(service, name)]
        if missing:
            raise ValueError(f"service {protocol.__name__} lacks {', '.join(sorted(missing))}")
        self._published[protocol] = (plugin_id, service)

    def get(self, protocol: type[T]) -> T | None:
        """The service, or None where no plugin publishes it (for plugins in `uses`)."""
        found = self._published.get(protocol)
        return None if found is None else found[1]

    def require(self, protocol: type[T]) -> T:
        """The service of a plugin in `requires`.

        Raises:
            ServiceMissing: nobody publishes it.
        """
        service = self.get(protocol)
        if service is None:
            raise ServiceMissing(f"no active plugin publishes {protocol.__name__}")
        return service
