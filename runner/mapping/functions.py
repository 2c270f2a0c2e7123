"""The functions that connectors may call in JMESPath, beside the standard ones: one library out of all topics.

Each is one Python function under `@function`; its docstring is its page in the reference, and the lines of the form
`expression -> JSON` in it are examples that run as tests. All are pure: no clock, no locale. Null in gives null out,
and so does, unless a docstring says otherwise, what cannot be read. A Python package adds functions by the entry-point
group `runner.functions`: an object or a module with the same decorator.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from runner.errors import SettingsError
from runner.mapping.library import (
    addresses,
    amounts,
    booleans,
    lists,
    markup,
    patterns,
    people,
    phones,
    texts,
    times,
)
from runner.mapping.library.phones import e164
from runner.mapping.library.times import iso8601
from runner.mapping.registry import Library, added, function

__all__ = ["LIBRARY", "TOPICS", "Library", "added", "e164", "function", "iso8601", "load_plug_ins"]

TOPICS: tuple[ModuleType, ...] = (
    times,
    patterns,
    phones,
    people,
    addresses,
    amounts,
    booleans,
    texts,
    markup,
    lists,
)


def load_plug_ins(entries: Iterable[EntryPoint]) -> None:
    """Load what other packages add; SettingsError for what cannot be loaded and for a name that is taken."""
    for entry in entries:
        try:
            entry.load()
        except (ImportError, AttributeError) as error:
            remedy = "mend or uninstall the package"
            raise SettingsError(f"the functions of {entry.value!r} cannot be loaded: {error} ({remedy})") from error


load_plug_ins(entry_points(group="runner.functions"))
LIBRARY = Library()
