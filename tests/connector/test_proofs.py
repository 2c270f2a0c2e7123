from __future__ import annotations

import pytest

from runner.connector.loader import check

FILE = """connector: acme
title: Acme
docs: https://example.com
integrations: one_per_company
app: {{key: {{title: Key, secret: true}}, open: {{title: Open}}}}
environments: {{production: {{api: https://api.example.com}}}}
auth: {{type: bearer, token: x, identify: {{endpoint: me, account_id: body.id}}}}
http: {{base_url: https://api.example.com}}
endpoints: {{me: {{get: /me, records: '@'}}}}
processors: {{}}
syncs: {{}}
webhooks:
  verify: {verify}
  vector: {{secret: s, headers: {{X-S: x}}, body: b}}
  handshake: {handshake}
  events: {{split: '@', id: id, type: type, account: account}}
  on: {{'*': {{do: disconnect}}}}
actions:
  confirm:
    input: {{code: {{title: Code}}, note: {{title: Note, required: false}}}}
    post: "/confirm/{{{{ input.code }}}}/{{{{ input.note }}}}"
"""
HMAC = "{type: hmac, header: X-S, secret: app.key}"
ECHO = "{type: echo, param: challenge}"
CONFIRM = "{type: confirm, when: code, action: confirm, with: {code: code}}"


def found(handshake: str = ECHO, verify: str = HMAC) -> list[str]:
    findings = check(FILE.format(handshake=handshake, verify=verify), "acme.yaml")[1]
    return [f"{one.place.line}:{one.place.column} {one.code}: {one.message} ({one.remedy})" for one in findings]


@pytest.mark.parametrize(
    "handshake",
    [
        ECHO,
        CONFIRM,
        "{type: echo, param: a, token: {param: b, secret: app.key}}",
        "{type: signed_challenge, param: a, json: {b: '{{ signature }}', c: '{{ challenge }}'}, secret: app.key}",
    ],
)
def test_what_fits_is_not_told_of(handshake: str) -> None:
    assert found(handshake) == []


def test_no_secret_is_asked_of_what_has_none() -> None:
    assert found(verify="{type: none, because: only hints to fetch things}") == []


@pytest.mark.parametrize(
    ("handshake", "said"),
    [
        (
            "{type: signed_challenge, param: a, json: {}, secret: app.kye}",
            "15:67 unknown-secret: there is no `app.kye` (did you mean `app.key`?)",
        ),
        (
            "{type: echo, param: a, token: {param: b, secret: app.open}}",
            "15:63 open-secret: `app.open` is not declared as a secret (add `secret: true` to it)",
        ),
        (
            "{type: confirm, when: code, action: conform, with: {code: code}}",
            "15:50 unknown-action: there is no action `conform` (did you mean `confirm`?)",
        ),
        (
            "{type: confirm, when: code, action: confirm}",
            "15:3 missing-input: the action `confirm` needs `code` (add `with: {code: ...}`)",
        ),
        (
            "{type: confirm, when: code, action: confirm, with: {code: code, cod: code}}",
            "15:78 unknown-input: the action `confirm` takes no `cod` (did you mean `code`?)",
        ),
        (
            "{type: echo, param: a, json: {b: '{{ signature }}'}}",
            "15:48 unknown-name: `signature` in `{{ signature }}` has no value here",
        ),
        (
            "{type: echo, param: a, json: {b: '{{ challenge.x }}'}}",
            "15:48 unknown-name: `challenge.x` in `{{ challenge.x }}` is not declared (`challenge` is a text: write",
        ),
    ],
)
def test_what_does_not_fit_is(handshake: str, said: str) -> None:
    (told,) = found(handshake)
    assert told.startswith(said)


def test_the_secret_of_verify_is_one_that_is_there() -> None:
    (told,) = found(verify="{type: hmac, header: X-S, secret: settings.key}")
    assert told.startswith("13:45 unknown-secret: there is no `settings.key` (there are: app.key, app.open)")
