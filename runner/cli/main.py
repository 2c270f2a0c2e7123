"""The command `runner`. A command's module is imported when it is first asked for, so that starting costs little."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group
from typing_extensions import override

from runner import __version__
from runner.cli import output
from runner.errors import RunnerError

MODULES = ("runner.cli.author", "runner.cli.operate")


class Lazy(TyperGroup):
    """A group whose commands live in modules, each holding a Typer named `app`; an author's command never imports
    what an operator's needs."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return [name for module in MODULES for name in _commands(module)]

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        for module in MODULES:
            found = _commands(module).get(cmd_name)
            if found is not None:
                return found
        return None


def _commands(module: str) -> dict[str, Any]:
    return {name: _ending_in_example(made) for name, made in get_group(import_module(module).app).commands.items()}


def _ending_in_example(command: Any) -> Any:
    """The command with the example of its docstring below its options, where help ends."""
    text, mark, lines = (command.help or "").partition("\b\nExample:")
    if mark:
        command.help, command.epilog = text.rstrip(), mark + lines
    for inner in getattr(command, "commands", {}).values():
        _ending_in_example(inner)
    return command


app = typer.Typer(
    name="runner",
    cls=Lazy,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="One YAML file per partner; one runtime that connects, syncs, receives webhooks, maps and pushes.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"runner {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """One YAML file per partner; one runtime that connects, syncs, receives webhooks, maps and pushes."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 fine, 1 findings or failure, 2 misuse."""
    try:
        app(arguments, prog_name="runner")
    except RunnerError as error:
        sys.exit(output.told(error))


if __name__ == "__main__":
    main()
