"""Small tables of the account, for partners whose keys differ from account to account."""

from __future__ import annotations

from pydantic import Field as Declared

from runner.components.block import Block, Name, Period
from runner.mapping.expression import Expression
from runner.mapping.template import Template


class AccountTable(Block):
    """A small table of the account, fetched now and then, that processors read as `tables.<name>.<key>`.

    Pipedrive names custom fields by hashes that differ in every account:

        {"data": [{"name": "Job number", "key": "dcf558aac1ae4e8c4f849ba5e668430d8df9be12"}, ...]}

        tables:
          deal_fields: {endpoint: deal_fields, key: name, value: key, every: 24h, pick: {job_number: "{{ settings.job_number_field }}"}}

    `tables.deal_fields."Job number"` is then that hash, and so is `tables.deal_fields.job_number` where the company
    wrote `Job number` into its settings. Keys and values are kept as they are; entries without a key are left out.
    """  # noqa: E501  # an example in one piece

    endpoint: Name = Declared(description="The endpoint that lists the entries.")
    key: Expression = Declared(description="Read from each entry: its key.", examples=["name"])
    value: Expression = Declared(description="Read from each entry: its value.", examples=["key"])
    every: Period = Declared(description="How old it may be when it is read.", examples=["24h"])
    pick: dict[Name, Template] = Declared(
        {}, description="Further names of entries: each for the entry of the key that its template writes."
    )
