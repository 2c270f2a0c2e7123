"""The operator's commands, gathered. Each imports what it needs when it runs."""

from __future__ import annotations

import typer

from runner.cli import (
    acting,
    company,
    connecting,
    explaining,
    keeping,
    linking,
    looking,
    moving,
    pausing,
    pushing,
    running,
    runs,
    syncing,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None)

app.command("serve")(running.serve)
app.command("worker")(running.worker)
app.command("connect")(connecting.connect)
app.command("integrations")(company.list_integrations)
app.command("sync")(syncing.sync)
app.command("runs")(runs.runs)
app.command("pause")(pausing.pause)
app.command("resume")(pausing.resume)
app.command("act")(acting.act)
app.command("records")(looking.records)
app.command("pushes")(pushing.pushes)
app.command("deliveries")(looking.deliveries)
app.command("status")(looking.status)
app.command("replay")(looking.replay)
app.command("simulate")(running.simulate)
app.command("demo")(running.demo)
app.command("migrate")(keeping.migrate)
app.command("export")(moving.export)
app.command("import")(moving.import_)
app.command("doctor")(keeping.doctor)
app.add_typer(keeping.keys, name="keys")
app.add_typer(linking.links, name="links")
app.add_typer(explaining.explain, name="explain")
