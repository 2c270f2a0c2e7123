"""What is asked of Procrastinate's table of jobs beside its own statements: see `jobs`."""

from __future__ import annotations

GIVEN = """unnest(%(keys)s::text[], %(times)s::timestamptz[], %(priorities)s::int[], %(options)s::jsonb[])
    AS given (key, run_at, priority, options)"""

HOLD = f"""
SELECT job.queueing_lock FROM procrastinate_jobs job JOIN {GIVEN} ON job.queueing_lock = given.key
WHERE job.status = 'todo' AND given.options IS NULL AND job.priority >= given.priority
    AND (job.scheduled_at IS NULL OR job.scheduled_at <= given.run_at)
ORDER BY job.queueing_lock FOR SHARE OF job
"""  # noqa: S608  # nothing in it was given

MERGE = f"""
UPDATE procrastinate_jobs job SET
    scheduled_at = CASE WHEN given.run_at < job.scheduled_at THEN given.run_at
        WHEN given.run_at IS NOT NULL THEN job.scheduled_at END,
    priority = greatest(given.priority, job.priority),
    args = CASE WHEN given.options IS NULL THEN job.args
        ELSE job.args || jsonb_build_object('options', given.options) END
FROM {GIVEN} WHERE job.queueing_lock = given.key AND job.status = 'todo' RETURNING job.queueing_lock
"""  # noqa: S608

TRIED = """
UPDATE procrastinate_jobs SET attempts = %(attempts)s WHERE queueing_lock = %(key)s AND status = 'todo'
"""

_DUE = """
SELECT job.id FROM procrastinate_jobs job
WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= %(now)s)
    AND NOT EXISTS (SELECT FROM procrastinate_jobs other WHERE other.lock = job.lock AND other.status = 'doing')
    AND job.queue_name {which} 'sync'
ORDER BY job.priority DESC, job.id LIMIT {limit} {locked}
"""


def _both(locked: str) -> str:
    """What takes little, then syncs while there is room for them."""
    most = "least(%(syncs)s, %(limit)s - (SELECT count(*) FROM little))"
    little = _DUE.format(which="<>", limit="%(limit)s", locked=locked)
    syncs = _DUE.format(which="=", limit=most, locked=locked)
    due = "SELECT * FROM little UNION ALL SELECT * FROM syncs"
    return f"WITH little AS ({little}), syncs AS ({syncs}), due AS ({due})"


DUE = f"{_both('')} SELECT count(*) FROM due"  # noqa: S608  # as above

TAKE = f"""
{_both("FOR UPDATE OF job SKIP LOCKED")}
UPDATE procrastinate_jobs job SET status = 'doing', args = job.args || jsonb_build_object(
    'worker', %(worker)s::text, 'lease_until', %(until)s::timestamptz,
    'turn', coalesce((job.args ->> 'turn')::int, 0) + 1)
FROM due WHERE job.id = due.id
RETURNING job.id, job.queue_name, job.scheduled_at, job.priority, job.args, job.attempts
"""  # noqa: S608  # as above

_HELD = """
FROM procrastinate_jobs WHERE id = %(job_id)s AND status = 'doing'
    AND args ->> 'worker' = %(worker)s AND (args ->> 'turn')::int = %(turn)s FOR UPDATE
"""

HOLDS = f"SELECT id {_HELD}"

SETTLE = f"""
SELECT procrastinate_finish_job_v1(held.id, 'succeeded', true) FROM (SELECT id {_HELD}) AS held
"""  # noqa: S608  # as above

EXTEND = """
UPDATE procrastinate_jobs SET args = args || jsonb_build_object('lease_until', %(until)s::timestamptz)
WHERE id = %(job_id)s AND status = 'doing' AND args ->> 'worker' = %(worker)s AND (args ->> 'turn')::int = %(turn)s
"""

RUNNING = """
SELECT id, scheduled_at, args ->> 'worker' AS worker, (args ->> 'lease_until')::timestamptz AS lease_until
FROM procrastinate_jobs WHERE status = 'doing' FOR UPDATE SKIP LOCKED
"""

JOIN = """
WITH running AS (SELECT * FROM procrastinate_jobs WHERE id = %(job_id)s)
UPDATE procrastinate_jobs job SET
    scheduled_at = CASE WHEN job.scheduled_at IS NOT NULL THEN least(job.scheduled_at, %(at)s) END,
    priority = greatest(job.priority, running.priority),
    attempts = running.attempts + 1,
    args = (running.args - 'worker' - 'lease_until') || job.args || jsonb_build_object('note', %(note)s::text)
FROM running WHERE job.queueing_lock = running.queueing_lock AND job.status = 'todo' RETURNING job.id
"""

LET_GO = """
UPDATE procrastinate_jobs
SET args = args - 'worker' - 'lease_until' || jsonb_build_object('note', %(note)s::text)
WHERE id = %(job_id)s
"""
