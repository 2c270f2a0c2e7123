from __future__ import annotations

from pathlib import Path

import typer
from typer.main import get_group

from runner.cli.reference import commands, settings
from runner.connector.library import Connectors


def test_commands_and_commands_of_commands_show_their_help() -> None:
    app, keys = typer.Typer(rich_markup_mode=None), typer.Typer(rich_markup_mode=None)

    @app.command()
    def go(fast: bool = False) -> None:
        """Go there."""

    @keys.command("new")
    def make() -> None:
        """Make one."""

    app.add_typer(keys, name="keys")
    page = commands(get_group(app))
    assert "## go\n\n```text\nUsage: runner go [OPTIONS]\n\n  Go there.\n" in page
    assert "### keys new\n\n```text\nUsage: runner keys new [OPTIONS]\n\n  Make one.\n" in page


def test_settings_name_what_each_connector_asks_of_the_operator(tmp_path: Path) -> None:
    page = settings(Connectors(Path("connectors")))
    assert "## Jobber\n" in page
    assert "`RUNNER_DESTINATION_HOST_SECRET`" in page
    assert "| `RUNNER_JOBBER_CLIENT_ID` | Client ID |  | Developer Center > Apps |" in page
    assert "## Teamup" in page
    assert "## ServiceTitan" in page
