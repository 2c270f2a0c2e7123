"""The one list of lint rules."""

from __future__ import annotations

from runner.authoring.rules.create_without_find import create_without_find
from runner.authoring.rules.cut_text import cut_text
from runner.authoring.rules.few_examples import few_examples
from runner.authoring.rules.gone_undone import gone_undone
from runner.authoring.rules.incremental_unread import incremental_unread
from runner.authoring.rules.missing_rate_limit import missing_rate_limit
from runner.authoring.rules.newest_first_unsorted import newest_first_unsorted
from runner.authoring.rules.plain_http import plain_http
from runner.authoring.rules.processor_without_error_example import processor_without_error_example
from runner.authoring.rules.processor_without_example import processor_without_example
from runner.authoring.rules.quoted_field import quoted_field
from runner.authoring.rules.refused_too_early import refused_too_early
from runner.authoring.rules.secret_not_marked import secret_not_marked
from runner.authoring.rules.short_answer import short_answer
from runner.authoring.rules.since_without_full import since_without_full
from runner.authoring.rules.sync_without_paginator import sync_without_paginator
from runner.authoring.rules.unproved_effect import unproved_effect
from runner.authoring.rules.unused_endpoint import unused_endpoint
from runner.authoring.rules.unused_processor import unused_processor
from runner.authoring.rules.unused_value import unused_value
from runner.authoring.rules.vector_without_event import vector_without_event

RULES = (
    create_without_find,
    cut_text,
    few_examples,
    gone_undone,
    incremental_unread,
    missing_rate_limit,
    newest_first_unsorted,
    plain_http,
    processor_without_error_example,
    processor_without_example,
    quoted_field,
    refused_too_early,
    secret_not_marked,
    short_answer,
    since_without_full,
    sync_without_paginator,
    unproved_effect,
    unused_endpoint,
    unused_processor,
    unused_value,
    vector_without_event,
)
