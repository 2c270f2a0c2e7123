"""One call that reads."""

from __future__ import annotations

from pydantic import Field as Declared

from runner.components.block import Name
from runner.components.catalog import AnyPaginator
from runner.components.paginators.single_page import SinglePage
from runner.connector.call import Call
from runner.connector.input import Input
from runner.mapping.expression import Expression


class Endpoint(Call):
    """One call that reads: a request, where the raw payloads are in the answer, and how to walk the pages.

    endpoints:
      jobs:
        get: "/jpm/v2/tenant/{{ settings.tenant_id }}/jobs"
        params: {modifiedOnOrAfter: "{{ checkpoint }}", sort: +ModifiedOn}
        records: data
        paginate: {type: page_number, param: page, more: hasMore}
    """

    title: str | None = Declared(None, description="What it reads, in plain words.")
    input: dict[Name, Input] = Declared(
        {}, alias="with", description="What the caller gives, read as `{{ input.<name> }}`."
    )
    records: Expression = Declared(description="The raw payloads in the answer: a list, or one object.")
    total: Expression | None = Declared(
        None, description="How many raw payloads all pages have together, where the partner says so: for progress."
    )
    paginate: AnyPaginator = Declared(
        default_factory=lambda: SinglePage(type="single_page"), description="The walk over pages."
    )
