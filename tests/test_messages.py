"""Deliberately broken connectors, and the exact words that an analyst reads about each.

Every case is the small connector below with one edit. What is expected is all that `runner validate` prints of the
file: place, code, message and remedy.
"""

from __future__ import annotations

import pytest

from runner.connector.loader import check

GOOD = """\
connector: acme
title: Acme
docs: https://acme.example/api
environments:
  production: {api: https://api.acme.example}
  sandbox: {api: https://sandbox.acme.example}
app:
  webhook_key: {title: Webhook key, secret: true}
settings:
  api_key: {title: API key, secret: true}
  tenant: {title: Tenant}
auth: {type: bearer, token: "{{ settings.api_key }}",
  identify: {endpoint: me, account_id: body.id}}
http:
  base_url: "{{ environment.api }}"
endpoints:
  me: {get: /me, records: "@"}
  jobs:
    get: "/{{ settings.tenant }}/jobs"
    params: {since: "{{ checkpoint }}", after: "{{ page.after }}"}
    records: data
    paginate: {type: cursor, next: next, as: after}
  job:
    with: {id: {title: Job ID}}
    get: "/jobs/{{ input.id }}"
    records: "@"
processors:
  job:
    record: project
    id: id
    cursor: updated
    when:
      inactive: status == 'gone'
    fields:
      name: title
      phone: e164(phone, 'US')
syncs:
  jobs: {endpoint: jobs, processor: job, every: 15m, incremental: {type: since, overlap: 2m}}
webhooks:
  verify: {type: hmac, header: X-Sign, digest: sha256, encoding: hex, signs: "{{ raw_body }}", secret: app.webhook_key}
  vector:
    secret: s3cr3t
    headers: {X-Sign: d42927434049e0b8c73ce887062238cc1c6bb6644bfe66e66d8dd0f30b85679e}
    body: '{"a":1}'
  events: {split: "@", id: id, type: type, account: account}
  on:
    job.*: {do: fetch, endpoint: job, with: {id: job}, processor: job}
actions:
  rename:
    input: {id: {title: Job ID}, name: {title: Name}}
    put: "/jobs/{{ input.id }}"
    json: {title: "{{ input.name }}"}
"""

CASES: dict[str, tuple[str, str, list[str]]] = {
    "unknown key": (
        "as: after}",
        "as: after, nxt: x}",
        ["acme.yaml:22:53: unknown-field: `nxt` is not a key of `endpoints.jobs.paginate` (did you mean `next`?)"],
    ),
    "unknown key at the top": (
        "syncs:",
        "sincs:",
        ["acme.yaml:37:1: unknown-field: `sincs` is not a key of the file (did you mean `syncs`?)"],
    ),
    "unknown type": (
        "type: cursor",
        "type: curser",
        [
            (
                "acme.yaml:22:22: unknown-type: `curser` is not a `type` of `endpoints.jobs.paginate` "
                "(did you mean `cursor`?)"
            )
        ],
    ),
    "missing type": (
        "{type: since, overlap: 2m}",
        "{overlap: 2m}",
        [
            (
                "acme.yaml:38:67: missing-field: `syncs.jobs.incremental` needs `type` "
                "(`type` says which of its forms is meant)"
            )
        ],
    ),
    "missing key": (
        "    records: data\n",
        "",
        [
            (
                "acme.yaml:18:3: missing-field: `endpoints.jobs` needs `records` "
                "(the raw payloads in the answer: a list, or one object)"
            )
        ],
    ),
    "missing key of a type": (
        "next: next, ",
        "",
        [
            (
                "acme.yaml:22:5: missing-field: `endpoints.jobs.paginate` needs `next` "
                "(JMESPath over the body: the cursor of the next page)"
            )
        ],
    ),
    "text in place of a list": (
        "  base_url:",
        "  rate_limits: 60/s\n  base_url:",
        [
            (
                "acme.yaml:15:16: wrong-type: `http.rate_limits` must be a list, not text "
                "(put it between brackets, or in lines that begin with `- `)"
            )
        ],
    ),
    "number in place of text": (
        "title: Acme",
        "title: 2026",
        ["acme.yaml:2:8: wrong-type: `title` must be text, not the number 2026 (put it in quotes)"],
    ),
    "text in place of true or false": (
        "API key, secret: true",
        "API key, secret: yes",
        [
            (
                "acme.yaml:10:37: wrong-type: `settings.api_key.secret` must be true or false, not text "
                "(write true or false, without quotes)"
            )
        ],
    ),
    "word that is not among the choices": (
        "encoding: hex",
        "encoding: hexa",
        ["acme.yaml:40:66: wrong-value: `hexa` is not known (use one of: hex, base64, base64url)"],
    ),
    "duration without a unit": (
        "every: 15m",
        "every: 15min",
        [
            (
                "acme.yaml:38:49: wrong-value: `15min` is not a duration "
                "(write a number and a unit: 500ms, 30s, 15m, 24h, 90d)"
            )
        ],
    ),
    "duplicate key": (
        "title: Acme\n",
        "title: Acme\ntitle: Acme again\n",
        ["acme.yaml:3:1: duplicate-key: `title` is given twice (the first is on line 2; keep one)"],
    ),
    "broken YAML": (
        "      name: title\n",
        "      name: `title`\n",
        [
            (
                "acme.yaml:35:13: bad-yaml: a plain text cannot begin with ` "
                "(put the expression in '...', or in a `|-` block)"
            )
        ],
    ),
    "a template without quotes": (
        'base_url: "{{ environment.api }}"',
        "base_url: {{ environment.api }}",
        [
            (
                "acme.yaml:15:13: bad-yaml: `{{ environment.api }}` must stand in quotes: YAML takes its braces for keys and "
                'values (write "{{ environment.api }}")'
            )
        ],
    ),
    "a tag": (
        "title: Acme\n",
        "title: !!python/name:os.system Acme\n",
        [
            (
                "acme.yaml:2:8: bad-yaml: the tag tag:yaml.org,2002:python/name:os.system is not known here "
                "(nothing executes from YAML: write a plain value, or quote the `!`)"
            )
        ],
    ),
    "syntax of an expression": (
        "name: title",
        "name: title ||",
        ["acme.yaml:35:21: bad-expression: `title ||` ends too early (see https://jmespath.org/tutorial.html)"],
    ),
    "unknown function": (
        "e164(phone, 'US')",
        "e146(phone, 'US')",
        ["acme.yaml:36:14: unknown-function: there is no function `e146` (did you mean `e164`?)"],
    ),
    "wrong number of arguments": (
        "e164(phone, 'US')",
        "e164(phone, 'US', 'GB')",
        ["acme.yaml:36:14: wrong-arity: `e164` takes 1 to 2 arguments, not 3 (see `e164` in `runner docs`)"],
    ),
    "bare true": (
        "status == 'gone'",
        "gone == true",
        [
            (
                "acme.yaml:33:25: bare-literal: `true` in `gone == true` is read as a field named true "
                '(write `` `true` `` in back-ticks for the value, or "true" in quotes for the field)'
            )
        ],
    ),
    "bare null in a block": (
        "name: title",
        "name: |-\n        title ||\n          null",
        [
            (
                "acme.yaml:37:11: bare-literal: `null` in `title ||\n  null` is read as a field named null "
                '(write `` `null` `` in back-ticks for the value, or "null" in quotes for the field)'
            )
        ],
    ),
    "unknown endpoint": (
        "{endpoint: jobs, processor",
        "{endpoint: job_list, processor",
        ["acme.yaml:38:20: unknown-endpoint: there is no endpoint `job_list` (did you mean `jobs`?)"],
    ),
    "unknown way": (
        "processor: job, every: 15m",
        "processor: job, every: 15m, ways: [intuit]",
        ["acme.yaml:38:61: unknown-way: there is no way `intuit` (declare it under `ways`)"],
    ),
    "unknown processor": (
        "with: {id: job}, processor: job",
        "with: {id: job}, processor: jobb",
        ["acme.yaml:47:67: unknown-processor: there is no processor `jobb` (did you mean `job`?)"],
    ),
    "missing input": (
        "with: {id: job}, ",
        "",
        ["acme.yaml:47:5: missing-input: the endpoint `job` needs `id` (add `with: {id: ...}`)"],
    ),
    "unknown input": (
        "with: {id: job}, ",
        "with: {id: job, ids: jobs}, ",
        ["acme.yaml:47:55: unknown-input: the endpoint `job` takes no `ids` (did you mean `id`?)"],
    ),
    "cursor missing for since": (
        "    cursor: updated\n",
        "",
        [
            (
                "acme.yaml:37:67: missing-cursor: `since` needs to know how new a payload is, and the processor `job` "
                "has no `cursor` (add `cursor: <path>` to the processor)"
            )
        ],
    ),
    "undefined name in a template": (
        "{{ checkpoint }}",
        "{{ chekpoint }}",
        [
            (
                "acme.yaml:20:22: unknown-name: `chekpoint` in `{{ chekpoint }}` has no value here "
                "(did you mean `checkpoint`?)"
            )
        ],
    ),
    "undeclared setting in a template": (
        "{{ settings.tenant }}",
        "{{ settings.tenant_id }}",
        [
            (
                "acme.yaml:19:11: unknown-name: `settings.tenant_id` in `/{{ settings.tenant_id }}/jobs` is not declared "
                "(did you mean `tenant`?)"
            )
        ],
    ),
    "name of another place": (
        '    json: {title: "{{ input.name }}"}',
        '    json: {title: "{{ page.after }}"}',
        [
            (
                "acme.yaml:52:20: unknown-name: `page` in `{{ page.after }}` has no value here "
                "(there are: account, app, environment, input, integration, settings)"
            )
        ],
    ),
    "syntax of a template": (
        "{{ checkpoint }}",
        "{{ checkpoint | uper }}",
        [
            (
                "acme.yaml:20:22: bad-template: `{{ checkpoint | uper }}`: there is no filter `uper` "
                "(did you mean `upper`?)"
            )
        ],
    ),
    "unknown secret": (
        "secret: app.webhook_key",
        "secret: app.webhook_secret",
        ["acme.yaml:40:104: unknown-secret: there is no `app.webhook_secret` (did you mean `app.webhook_key`?)"],
    ),
    "uneven environments": (
        "sandbox: {api: https://sandbox.acme.example}",
        "sandbox: {url: https://sandbox.acme.example}",
        [
            (
                "acme.yaml:6:3: uneven-environments: the environment `sandbox` has no `api` "
                "(give all environments the same keys)"
            ),
            (
                "acme.yaml:5:3: uneven-environments: the environment `production` has no `url` "
                "(give all environments the same keys)"
            ),
        ],
    ),
    "two verbs": (
        '    put: "/jobs/{{ input.id }}"\n',
        '    put: "/jobs/{{ input.id }}"\n    post: /jobs\n',
        [
            (
                "acme.yaml:50:5: wrong-call: a call has one of get, post, put, patch, delete, graphql, not post and put "
                "(keep one of them)"
            )
        ],
    ),
    "name of another file": (
        "connector: acme",
        "connector: acne",
        [
            (
                "acme.yaml:1:12: wrong-name: the connector is named `acne` in a file named `acme` "
                "(give file and connector one name)"
            )
        ],
    ),
    "status of no known form": (
        "  base_url:",
        "  errors: [{status: [7], do: fail}]\n  base_url:",
        [
            (
                "acme.yaml:15:22: wrong-value: `http.errors.0.status.0` cannot be `7` "
                "(write a number that is 100 or more or one of 3xx, 4xx, 5xx)"
            )
        ],
    ),
    "one wrong word in a list where one word may stand alone": (
        "encoding: hex",
        "encoding: [hex, 7]",
        ["acme.yaml:40:72: wrong-type: `webhooks.verify.encoding.1` must be text, not the number 7 (put it in quotes)"],
    ),
    "a field of an object": (
        "name: title",
        "address: {a: {b: 7}, c: '||'}",
        [
            (
                "acme.yaml:35:24: wrong-type: `processors.job.fields.address.a.b` must be a JMESPath expression (a text), "
                "not the number 7 (put it in quotes)"
            ),
            ("acme.yaml:35:32: bad-expression: `||`: `||` cannot stand here (see https://jmespath.org/tutorial.html)"),
        ],
    ),
    "a name of another form": (
        "syncs:\n  jobs:",
        "syncs:\n  Jobs-2:",
        [
            (
                "acme.yaml:38:3: wrong-value: `Jobs-2` cannot be a name in `syncs` "
                "(write small letters, digits and _, a letter first)"
            )
        ],
    ),
    "a key by its name in the code": (
        "as: after",
        "as_: after",
        ["acme.yaml:22:42: unknown-field: `as_` is not a key of `endpoints.jobs.paginate` (did you mean `as`?)"],
    ),
    "no time at all": (
        "every: 15m",
        "every: 0s",
        ["acme.yaml:38:49: wrong-value: `0s` is no time at all (write more than 0: 1s, 15m)"],
    ),
    "a duration of ages": (
        "overlap: 2m",
        "overlap: 99999d",
        ["acme.yaml:38:90: wrong-value: `99999d` is too long (the longest duration is 3650d)"],
    ),
    "a number beyond JSON": (
        "title: Acme\n",
        "title: 1e999\n",
        ["acme.yaml:2:8: wrong-value: this number is too large for JSON (put it in quotes if it is a text)"],
    ),
    "a reaction of another kind": (
        "{do: fetch, endpoint: job, with: {id: job}, processor: job}",
        "{do: fetsch, record: job}",
        ["acme.yaml:47:17: unknown-type: `fetsch` is not a `do` of `webhooks.on.job.*` (did you mean `fetch`?)"],
    ),
    "no way to learn the account of a webhook": (
        ",\n  identify: {endpoint: me, account_id: body.id}}",
        "}\n",
        [
            (
                "acme.yaml:12:1: missing-field: webhooks find their integration by the account, and `auth` does not say how "
                "to learn it (add `identify: {endpoint: ..., account_id: ...}` to `auth`)"
            )
        ],
    ),
    "an identifying call that reads the checkpoint": (
        "identify: {endpoint: me,",
        "identify: {endpoint: jobs,",
        [
            (
                "acme.yaml:13:24: unknown-name: the endpoint `jobs` reads `checkpoint`, which `identify` does not give "
                "(name an endpoint that does without)"
            )
        ],
    ),
    "a window that the sync does not give": (
        'since: "{{ checkpoint }}", after',
        'since: "{{ window.start }}", after',
        [
            (
                "acme.yaml:38:20: unknown-name: the endpoint `jobs` reads `window`, which this sync does not give "
                "(add `incremental: {type: window}`, or name another endpoint)"
            )
        ],
    ),
    "a name inside a text": (
        "{{ checkpoint }}",
        "{{ checkpoint.at }}",
        [
            (
                "acme.yaml:20:22: unknown-name: `checkpoint.at` in `{{ checkpoint.at }}` is not declared "
                "(`checkpoint` is a text: write `{{ checkpoint }}`)"
            )
        ],
    ),
    "a cursor that does not reach the request": (
        ', after: "{{ page.after }}"}',
        "}",
        [
            (
                "acme.yaml:22:5: unread-cursor: `page.after` does not reach the request: each page would be the first one "
                "(give `param`, or write `{{ page.after }}` into the request)"
            )
        ],
    ),
    "a sync of an endpoint that needs input": (
        "{endpoint: jobs, processor",
        "{endpoint: job, processor",
        [
            (
                "acme.yaml:38:10: missing-input: the endpoint `job` needs `id`, and a sync gives none "
                "(name an endpoint without required input)"
            )
        ],
    ),
    "a relation with the name of a field": (
        "      phone: e164(phone, 'US')\n",
        "    relations:\n      name: {record: contact, id: contact}\n",
        [
            (
                "acme.yaml:37:7: duplicate-name: `name` is a field of this processor already "
                "(give the relation another name)"
            )
        ],
    ),
    "a field with a name that records have": (
        "      name: title\n",
        "      links: title\n",
        [
            (
                "acme.yaml:35:7: reserved-name: `links` is what delivery rules call something else of every record "
                "(choose another name than id, kind, connector, inactive, links)"
            )
        ],
    ),
    "a relation without an end": (
        "      phone: e164(phone, 'US')\n",
        "    relations:\n      inner: {processor: job, each: '[@]'}\n",
        [
            (
                "acme.yaml:37:7: endless-relation: these relations can go round without an end: job -> job "
                "(let `each` go deeper into the payload, by its keys alone, or take one of them out)"
            )
        ],
    ),
    "variables of a query": (
        '    put: "/jobs/{{ input.id }}"\n    json: {title: "{{ input.name }}"}',
        (
            "    graphql: |\n      # not $this\n      mutation M($id: ID!, $at: Time = 1, $nam: String) { m(id: $id, x: $nme) }\n"
            '    variables: {id: "{{ input.id }}", name: "{{ input.name }}"}'
        ),
        [
            "acme.yaml:51:5: missing-field: a GraphQL call needs `http.graphql` (the path that GraphQL is posted to)",
            "acme.yaml:53:43: missing-variable: `$nam` is given no value (add `variables: {nam: ...}`)",
            "acme.yaml:53:73: unknown-variable: the query does not declare `$nme` (did you mean `nam`?)",
            "acme.yaml:54:39: unknown-variable: the query does not declare `$name` (did you mean `nam`?)",
        ],
    ),
    "a pattern that is none": (
        "{title: Tenant}",
        "{title: Tenant, pattern: '('}",
        [
            (
                "acme.yaml:11:36: wrong-value: `(` is no regular expression: missing ), unterminated subpattern at position "
                "0 (see https://docs.python.org/3/library/re.html)"
            )
        ],
    ),
    "a default that its own field refuses": (
        "{title: Tenant}",
        "{title: Tenant, choices: [a], default: b}",
        [("acme.yaml:11:50: wrong-value: the default will not do: Tenant must be one of a (give another default)")],
    ),
    "mistakes of several sorts at once": (
        "{endpoint: jobs, processor: job, every: 15m, incremental",
        "{endpoint: jobz, processor: job, evry: 1h, every: 15m, incremental",
        [
            "acme.yaml:38:20: unknown-endpoint: there is no endpoint `jobz` (did you mean `job`?)",
            "acme.yaml:38:42: unknown-field: `evry` is not a key of `syncs.jobs` (did you mean `every`?)",
        ],
    ),
    "one brace": (
        'json: {title: "{{ input.name }}"}',
        'json: {title: "{ input.name }"}',
        [
            "acme.yaml:52:20: single-brace: `{ input.name }` would be sent as it stands: a template has two braces on each side (write `{{ input.name }}`)",
        ],
    ),
    "one brace in a path": (
        'put: "/jobs/{{ input.id }}"',
        'put: "/jobs/{id}"',
        [
            "acme.yaml:51:17: single-brace: `{id}` would be sent as it stands: a template has two braces on each side (write `{{ input.id }}`)",
        ],
    ),
    "a brace of a query that is open": (
        '    put: "/jobs/{{ input.id }}"\n    json: {title: "{{ input.name }}"}',
        '    graphql: |\n      mutation M($id: ID!) { m(id: $id) { id }\n    variables: {id: "{{ input.id }}"}',
        [
            "acme.yaml:51:5: missing-field: a GraphQL call needs `http.graphql` (the path that GraphQL is posted to)",
            'acme.yaml:52:28: bad-query: in the query `{` is not closed (give every one of ( [ { and " its partner)',
        ],
    ),
    "a quote of a query that is open": (
        '    put: "/jobs/{{ input.id }}"\n    json: {title: "{{ input.name }}"}',
        '    graphql: |\n      mutation M($id: ID!) { m(id: $id, x: "a) { id } }\n    variables: {id: "{{ input.id }}"}',
        [
            "acme.yaml:51:5: missing-field: a GraphQL call needs `http.graphql` (the path that GraphQL is posted to)",
            'acme.yaml:52:44: bad-query: in the query the quote " is not closed (give every one of ( [ { and " its partner)',
        ],
    ),
    "an environment without https": (
        "{api: https://api.acme.example}",
        "{api: api.acme.example/v1}",
        [
            "acme.yaml:5:21: wrong-value: `api.acme.example/v1` is no address without `https://` (write https:// before it)",
        ],
    ),
    "a base URL without https": (
        'base_url: "{{ environment.api }}"',
        'base_url: "api.acme.example/{{ account.id }}"',
        [
            "acme.yaml:15:13: wrong-value: `api.acme.example/{{ account.id }}` is no address without `https://` (write https:// before it)",
            "acme.yaml:15:14: unknown-name: `account.id` in `api.acme.example/{{ account.id }}` is not declared (declare it under `account`)",
        ],
    ),
    "one = in an expression": (
        "status == 'gone'",
        "status = 'gone'",
        [
            "acme.yaml:33:24: bad-expression: `status = 'gone'`: `=` compares nothing (did you mean `==`?)",
        ],
    ),
    "a template in an expression": (
        "name: title",
        'name: "{{ title }}"',
        [
            "acme.yaml:35:14: bad-expression: `{{ title }}`: an expression has no `{{ }}`, which is for templates (write `title`)",
        ],
    ),
    "typographic quotes in an expression": (
        "status == 'gone'",
        "status == ‘gone’",
        [
            "acme.yaml:33:27: bad-expression: `status == ‘gone’`: ‘ is a typographic quote (use straight quotes: '...' for a text)",
        ],
    ),
    "`and` in an expression": (
        "status == 'gone'",
        "gone and status",
        [
            "acme.yaml:33:22: bad-expression: `gone and status`: `and` is no word of JMESPath (write `&&`)",
        ],
    ),
    "a number in an expression": (
        "status == 'gone'",
        "status > 5",
        [
            "acme.yaml:33:26: bad-expression: `status > 5`: a number is written in back-ticks (write `` `5` ``)",
        ],
    ),
    "a question in an expression": (
        "name: title",
        "name: 'a ? b : c'",
        [
            "acme.yaml:35:16: bad-expression: `a ? b : c`: JMESPath has no `a ? b : c` (write `a && b || c`)",
        ],
    ),
    "a key that is misspelt and needed": (
        "    fields:\n",
        "    feilds:\n",
        [
            "acme.yaml:34:5: unknown-field: `feilds` is not a key of `processors.job` (did you mean `fields`?)",
        ],
    ),
    "an input that is misspelt and needed": (
        "with: {id: job}, ",
        "with: {ID: job}, ",
        [
            "acme.yaml:47:46: unknown-input: the endpoint `job` takes no `ID` (did you mean `id`?)",
        ],
    ),
    "a sum in an expression": (
        "name: title",
        "name: first + last",
        [
            "acme.yaml:35:19: bad-expression: `first + last`: JMESPath has no `+` (use a function: see `runner docs`)",
        ],
    ),
    "a choice of one way": (
        'type: bearer, token: "{{ settings.api_key }}",',
        'type: choice, ways: {key: {type: bearer, token: "{{ settings.api_key }}"}},',
        [
            "acme.yaml:12:7: wrong-value: a choice has two ways or more (write the one way as `auth` itself)",
        ],
    ),
    "a choice inside a choice": (
        'type: bearer, token: "{{ settings.api_key }}",',
        'type: choice, ways: {a: {type: choice, ways: {}}, b: {type: bearer, token: "{{ settings.api_key }}"}},',
        [
            "acme.yaml:12:39: unknown-type: `choice` is not a `type` of `auth.ways.a` (there are: api_key, basic, bearer, jwt_assertion, oauth2_authorization_code, oauth2_client_credentials, session_token)",
        ],
    ),
    "a second consent": (
        "http:\n  base_url",
        "other_auth:\n  app: {type: oauth2_authorization_code, authorize_url: https://a.example, token_url: https://a.example,\n    client_id: x, client_secret: y}\nhttp:\n  base_url",
        [
            "acme.yaml:15:3: wrong-value: `app` cannot stand in `other_auth`: nobody is asked for a second consent or choice (make it `auth`, or take a type that needs nobody)",
        ],
    ),
    "a key without its value": (
        'type: bearer, token: "{{ settings.api_key }}",',
        "type: api_key, name: X-Key,",
        [
            "acme.yaml:12:7: wrong-value: a key needs a name and a value (give `name` and `value`, or `headers`)",
        ],
    ),
    "a name that what is revoked does not read": (
        'type: bearer, token: "{{ settings.api_key }}",',
        'type: oauth2_client_credentials, token_url: https://a.example, client_id: x, client_secret: y,\n  revoke: {url: https://a.example, form: {token: "{{ refresh_tokens }}"}},',
        [
            "acme.yaml:13:51: unknown-name: `refresh_tokens` in `{{ refresh_tokens }}` has no value here (did you mean `refresh_token`?)",
        ],
    ),
    "a client that signs nothing": (
        'type: bearer, token: "{{ settings.api_key }}",',
        "type: oauth2_client_credentials, token_url: https://a.example, client_id: x, client_auth: assertion,",
        [
            "acme.yaml:12:7: wrong-value: `client_auth: assertion` needs something to sign (add `assertion: {key: ..., claims: ...}`)",
        ],
    ),
    "an address for what is revoked without https": (
        'type: bearer, token: "{{ settings.api_key }}",',
        "type: oauth2_client_credentials, token_url: https://a.example, client_id: x, client_secret: y,\n  revoke: {url: a.example/r},",
        [
            "acme.yaml:13:17: wrong-value: `a.example/r` is no address without `https://` (write https:// before it)",
        ],
    ),
    "several at once, sorted by place": (
        "connector: acme\ntitle: Acme\n",
        "connector: Acme!\ntitle: 7\nversion: 1\n",
        [
            (
                "acme.yaml:1:12: wrong-value: `connector` cannot be `Acme!` "
                "(write small letters, digits and _, a letter first)"
            ),
            "acme.yaml:2:8: wrong-type: `title` must be text, not the number 7 (put it in quotes)",
            (
                "acme.yaml:3:1: unknown-field: `version` is not a key of the file (there are: actions, app, auth, "
                "connector, docs, endpoints, environments, groups, http, integrations, other_auth, processors, settings, syncs, "
                "tables, title, unverified, webhooks)"
            ),
        ],
    ),
}


def test_the_connector_that_the_cases_break_is_good() -> None:
    assert check(GOOD, "acme.yaml")[1] == []


@pytest.mark.parametrize("case", CASES)
def test_says_what_where_and_the_remedy(case: str) -> None:
    old, new, expected = CASES[case]
    assert GOOD.count(old) == 1, "the edit must break one place"

    _, findings = check(GOOD.replace(old, new), "acme.yaml")

    assert [str(finding) for finding in findings] == sorted(
        expected, key=lambda line: [int(n) for n in line.split(":")[1:3]]
    )
