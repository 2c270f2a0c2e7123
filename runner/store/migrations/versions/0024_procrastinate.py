"""On PostgreSQL the wake-ups are jobs of Procrastinate, and the table of them becomes a view of these.

The schema is Procrastinate's own of version 3.10 (MIT licence), as it was then: one of its later migrations is one of
ours. What waited or ran goes over and waits. No version that ran on PostgreSQL came before this one.

Revision 0024.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parents[1] / "procrastinate_3_10.sql"

MOVE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at, attempts)
SELECT DISTINCT ON (key) kind, 'wake', priority, key, key,
    jsonb_build_object('subject', subject, 'detail', detail, 'options', coalesce(options, '{}'::jsonb)),
    CASE WHEN state = 'waiting' AND run_at > 'epoch' THEN run_at END, attempts
FROM wakeups ORDER BY key, state
"""

VIEW = """
CREATE VIEW wakeups AS SELECT
    id,
    queueing_lock AS key,
    CASE status WHEN 'todo' THEN 'waiting' ELSE 'running' END AS state,
    queue_name::text AS kind,
    args ->> 'subject' AS subject,
    args ->> 'detail' AS detail,
    coalesce(scheduled_at, 'epoch'::timestamptz) AS run_at,
    priority,
    args -> 'options' AS options,
    attempts,
    args ->> 'note' AS note,
    args ->> 'worker' AS worker,
    (args ->> 'lease_until')::timestamptz AS lease_until,
    coalesce((args ->> 'turn')::int, 0) AS turn
FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
"""

INDEX = "CREATE INDEX ix_procrastinate_jobs_due ON procrastinate_jobs (scheduled_at) WHERE status = 'todo'"


def upgrade() -> None:
    """Make Procrastinate's tables, and move the wake-ups."""
    if op.get_bind().dialect.name != "postgresql":
        return
    _run(SCHEMA.read_text(encoding="utf-8"), MOVE, "DROP TABLE wakeups", VIEW, INDEX)


def downgrade() -> None:
    """Not on PostgreSQL: restore the backup that was made before."""
    if op.get_bind().dialect.name == "postgresql":
        raise NotImplementedError("revision 0024 cannot be undone on PostgreSQL; restore a backup of before")


def _run(*scripts: str) -> None:
    """On the driver itself: a script of many statements, and percent signs that are no parameters."""
    driver: Any = op.get_bind().connection.driver_connection
    for script in scripts:
        driver.execute(script)
