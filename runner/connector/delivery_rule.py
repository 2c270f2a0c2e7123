"""Delivery rules: which records go where, and as what."""

from __future__ import annotations

from pydantic import Field as Declared

from runner.components.block import Block, Name
from runner.connector.conflict import Back, Policy
from runner.connector.linked import Linked
from runner.mapping.expression import Expression
from runner.mapping.fields import Fields
from runner.mapping.template import FilePath


class Included(Block):
    """Another record of the same integration, read in the rule's expressions under this name.

    location: {record: location, field: location}

    When that record changes, the records that include it are looked at again.
    """

    record: Name = Declared(description="The kind of the other record.")
    field: Name = Declared(description="The field of this record that holds its id.")


class DeliveryRule(Block):
    """Which records go to which connector's actions, and as what.

        deliver:
          projects:
            record: project
            to: companycam
            when: name
            input: {name: name, address: {street_address_1: address.street}}
            create: create_project
            update: update_project
            archive: archive_project

    Expressions read the record's fields, beside them `id`, `kind`, `connector`, `inactive` and `links`. The host's id
    is remembered and given to `update`, `archive` and `restore` as the input `id`. A record whose input did not change
    since the last push is not pushed again. Where `to` is one of `destinations`, there are no actions and no links, and
    without `input` the whole record goes there.

    What one destination is given of one record comes by the rules in their order: the second rule's push waits for the
    first one's. `after: {projects: project}` waits for another record: it is not pushed before that of the earlier rule
    `projects`, whose id the expression reads, has arrived.
    """

    record: Name = Declared(description="The kind of record.")
    at: Name | None = Declared(None, alias="as", description="Its kind at the destination, where that is another.")
    sources: list[Name] | None = Declared(
        None, alias="from", description="The connectors it comes from; all but the destination when left out."
    )
    to: Name = Declared(description="The connector of the destination, or one of `destinations`.")
    when: Expression | None = Declared(None, description="Only records for which this is true.")
    include: dict[Name, Included] = Declared(
        {}, description="Other records to read from: null while they are not there."
    )
    links: dict[Name, Linked] = Declared({}, description="Host ids that must be known first, read as `links.<name>`.")
    after: dict[Name, Expression] = Declared(
        {}, description="Earlier rules to the same destination, each with the id of a record of theirs to wait for."
    )
    input: Fields = Declared(
        default_factory=lambda: Fields({}),
        description="The input of the actions; what one of `destinations` is given in place of all fields.",
    )
    write: dict[Name, FilePath] = Declared(
        {},
        description="Inputs that are paths of files: templates over what `input` reads, in which every value becomes a "
        "safe part of the path.",
        examples=[{"path": "/{{ project.name }}/{{ captured_at | date }}/{{ id }}.jpg"}],
    )
    create: Name | None = Declared(
        None, description="The action for a record that the host does not know; each rule to a connector has one."
    )
    update: Name | None = Declared(None, description="The action for one that it knows and that changed.")
    archive: Name | None = Declared(None, description="The action for one that became inactive or was deleted.")
    restore: Name | None = Declared(None, description="The action for one that came back.")
    theirs: Fields = Declared(
        default_factory=lambda: Fields({}),
        description="The same inputs, read from the destination's own record: so its changes are known.",
    )
    on_conflict: dict[Name, Policy] = Declared(
        {}, description="Whose value stays where both sides changed an input; the partner's when nothing is said."
    )
    back: Back | None = Declared(None, description="How the destination's changes go back to the record.")

    @property
    def creation(self) -> str:
        """The action that creates, of a rule to a connector."""
        assert self.create is not None, "runner.yaml lets no rule to a connector go without it"
        return self.create

    @property
    def there(self) -> str:
        """Its kind at the destination."""
        return self.at or self.record
