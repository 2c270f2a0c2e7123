"""Every way of paging with every way of asking for what is new that goes with it, as an analyst writes them."""

from __future__ import annotations

from tests.engine.depot import CAP, SIZE

_SINCE = 'since: "{{ checkpoint }}"'
_BY_TIME = "incremental: {type: since, overlap: 5m}"
_NEWEST = "incremental: {type: newest_first, overlap: 5m}"
_ONLY_NEWER = "incremental: {type: only_newer, overlap: 5m}"


def way(call: str, paginate: str, sync: str, *, params: str = "", records: str = "rows", more: str = "") -> str:
    """One endpoint and one sync."""
    return f"""
endpoints:
  contacts: {{{call}, params: {{{params}}}, records: {records}, paginate: {{{paginate}}}}}
{more}
syncs:
  contacts: {{endpoint: contacts, processor: contact, every: 1h{", " if sync else ""}{sync}}}
"""


_NUMBERED = f"type: page_number, param: page, size_param: size, size: {SIZE}, more: more"
_KEYED = f'type: keyset, last: "rows[-1].id", param: above, size_param: size, size: {SIZE}'
_OFFSETS = f"type: offset, limit: {SIZE}"
_ONWARD = """  further:
    with: {cursor: {}}
    post: /onward
    json: {cursor: "{{ input.cursor }}"}
    repeatable: true
    records: rows"""

WAYS = {
    "page_number, everything": way("get: /numbered", _NUMBERED, ""),
    "page_number, since": way("get: /numbered", _NUMBERED, _BY_TIME, params=_SINCE),
    "page_number, newest_first": way("get: /numbered", _NUMBERED, _NEWEST, params="sort: newest"),
    "page_number, only_newer": way("get: /numbered", _NUMBERED, _ONLY_NEWER),
    "offset, since": way("get: /offsets", _OFFSETS, _BY_TIME, params=_SINCE),
    "offset, newest_first": way("get: /offsets", _OFFSETS, _NEWEST, params="sort: newest"),
    "keyset, since": way("get: /keyed", _KEYED, _BY_TIME, params=_SINCE),
    "keyset, only_newer": way("get: /keyed", _KEYED, _ONLY_NEWER),
    "cursor, since": way("get: /cursored", "type: cursor, next: next, param: above", _BY_TIME, params=_SINCE),
    "header_cursor, since": way(
        "get: /headed", "type: header_cursor, next: X-Next, more: X-More, param: above", _BY_TIME, params=_SINCE
    ),
    "header_link, since": way("get: /linked", "type: header_link", _BY_TIME, params=_SINCE),
    "json_link, since": way("get: /bodied", "type: json_link, next: links.next", _BY_TIME, params=_SINCE),
    "capped_cursor, since": way(
        "post: /searched, repeatable: true, json: "
        '{above: "{{ page.last }}", after: "{{ page.after }}", since: "{{ checkpoint }}"}',
        f'type: capped_cursor, next: paging.next.after, as: after, most: {CAP}, restart: "results[-1].id", '
        "restart_as: last",
        _BY_TIME,
        records="results",
    ),
    "continue, token": way(
        "post: /first, repeatable: true",
        "type: continue, next: cursor, more: more, endpoint: further, as: cursor",
        "incremental: {type: token, path: cursor, at: last_page}",
        more=_ONWARD,
    ),
    "export feed, token": way(
        "get: /feed",
        "type: cursor, next: continueFrom, more: hasMore, param: from",
        "incremental: {type: token, path: continueFrom, at: every_page}",
        params='from: "{{ checkpoint }}"',
    ),
    "cursor, token": way(
        "get: /synced",
        "type: cursor, next: nextPage, param: page",
        "incremental: {type: token, path: nextToken, at: last_page}",
        params='token: "{{ checkpoint }}"',
    ),
}
