"""Named strategies: one file, one `@register("name")`, done. Outside packages use entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from .errors import invalid

T = TypeVar("T")


class Registry(Generic[T]):
    """The strategies of one kind, by name; `kind` names the entry-point group too."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._found: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """Class or function decorator that adds it under a name; a name is taken once."""

        def add(strategy: T) -> T:
            if name in self._found:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._found[name] = strategy
            return strategy

        return add

    def get(self, name: str) -> T:
        """The strategy of that name, or an error that lists what there is."""
        self._load()
        if name not in self._found:
            raise invalid(
                self.kind, f"No {self.kind} named {name!r}.", f"Choose from {self.names()}."
            )
        return self._found[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        self._load()
        return sorted(self._found)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        self._load()
        return iter(sorted(self._found.items()))

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        for point in entry_points(group=f"adunion.{self.kind}"):
            if point.name not in self._found:
                self._found[point.name] = point.load()
