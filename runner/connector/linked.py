"""Another thing whose id at the destination must be known before a record can go there."""

from __future__ import annotations

from pydantic import Field as Declared

from runner.components.block import Block, Name
from runner.mapping.expression import Expression


class Linked(Block):
    """An id at the destination that must be known before a record can be pushed.

    user: {record: user, id: user, match: email}

    The id is remembered from an earlier push, or set by hand, in either direction: what ServiceTitan's job became at
    CompanyCam also says which job a photo of CompanyCam belongs to. With `match` it is found among the destination's
    own records as well: the one for which the expression gives the same text, capitals aside. Where it must be read in
    another way there, `equals` says how: `match: "join(' ', [name, phone])"`, `equals: name`. A push waits until the
    id is there.
    """

    record: Name = Declared(description="The kind of the other record.")
    at: Name | None = Declared(None, alias="as", description="Its kind at the destination, where that is another.")
    id: Expression = Declared(description="Its id, read from this record.")
    match: Expression | None = Declared(
        None, description="What an unlinked record and its twin have in common, read from ours."
    )
    equals: Expression | None = Declared(None, description="The same, read from theirs; `match` when left out.")

    @property
    def there(self) -> str:
        """Its kind at the destination."""
        return self.at or self.record

    @property
    def theirs(self) -> Expression | None:
        """What is read from their records."""
        return self.equals or self.match

    @property
    def how(self) -> str:
        """What a link that was found so is marked with: the field's name, or `rule`."""
        text = str(self.match)
        return text if text.isidentifier() and len(text) <= 16 else "rule"
