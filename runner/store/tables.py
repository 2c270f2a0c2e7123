"""The list of all tables: whoever imports this has the whole metadata."""

from __future__ import annotations

from runner.store.account_tables import account_tables
from runner.store.acts import acts
from runner.store.calls import partner_calls
from runner.store.changes import changes
from runner.store.checkpoints import checkpoints
from runner.store.circuits import circuits
from runner.store.columns import metadata
from runner.store.commons import commons
from runner.store.decisions import decisions
from runner.store.deliveries import deliveries
from runner.store.doubts import push_doubts
from runner.store.events import events
from runner.store.figures import endpoint_calls
from runner.store.includes import push_includes
from runner.store.integrations import integrations
from runner.store.limits import limits
from runner.store.links import links
from runner.store.outcomes import outcomes
from runner.store.pauses import pauses
from runner.store.processes import processes
from runner.store.push_table import pushes
from runner.store.quarantine import quarantine
from runner.store.record_table import records
from runner.store.rejections import rejected, rejections
from runner.store.rollouts import rollouts
from runner.store.runs import sync_runs
from runner.store.schedules import schedules
from runner.store.sequences import sequences
from runner.store.sessions import connect_sessions
from runner.store.states import oauth_states
from runner.store.subscriptions import subscriptions
from runner.store.unmatched import unmatched
from runner.store.uploads import upload_pieces, uploads
from runner.store.vault import credentials
from runner.store.wakeups import wakeups

TABLES = (
    integrations,
    credentials,
    subscriptions,
    oauth_states,
    connect_sessions,
    deliveries,
    events,
    rejections,
    rejected,
    records,
    sequences,
    quarantine,
    links,
    unmatched,
    commons,
    decisions,
    checkpoints,
    account_tables,
    sync_runs,
    acts,
    pushes,
    push_includes,
    push_doubts,
    circuits,
    rollouts,
    partner_calls,
    endpoint_calls,
    outcomes,
    limits,
    pauses,
    uploads,
    upload_pieces,
    schedules,
    wakeups,
    changes,
    processes,
)

__all__ = ["TABLES", "metadata"]
