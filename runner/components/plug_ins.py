"""Types that other Python packages add to a kind, through the entry-point group `runner.components.<kind>`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from runner.components.block import Block
from runner.errors import SettingsError


def plug_ins(kind: str, base: type[Block], found: tuple[EntryPoint, ...] | None = None) -> tuple[type[Block], ...]:
    """The types that installed packages add to a kind. Raises SettingsError for what is no block of that kind."""
    entries = found if found is not None else tuple(entry_points(group=f"runner.components.{kind}"))
    return tuple(_checked(entry, kind, base) for entry in sorted(entries, key=lambda entry: entry.name))


def _checked(entry: EntryPoint, kind: str, base: type[Block]) -> type[Block]:
    made = entry.load()
    if isinstance(made, type) and issubclass(made, base) and "type" in made.model_fields:
        return made
    raise SettingsError(
        f"the plug-in {entry.name} = {entry.value} is not a {base.__name__} with a field `type` "
        f"(mend it, or uninstall the package that declares it under runner.components.{kind})"
    )
