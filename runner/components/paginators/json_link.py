"""Pages that name the address of the next one in the body."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from runner.components.paginators.base import Answer, read_by
from runner.components.paginators.link import LinkPaginator
from runner.errors import UnexpectedResponse
from runner.mapping.expression import Expression
from runner.mapping.reads import Path


class JsonLink(LinkPaginator):
    """Each answer names the address of the next page in its body.

    The partner answers

        {"data": [...], "links": {"next": "https://api.acme.example/v1/jobs?cursor=MzA"}}

        paginate: {type: json_link, next: links.next}

    The walk ends when there is none. An address may be relative; one of another host is refused.
    """

    example: ClassVar[str] = "{type: json_link, next: links.next}"
    type: Literal["json_link"] = Field(description="Each answer names the next page's address in its body.")
    next: Expression = Field(
        description="JMESPath over the body: the address of the next page.", examples=["links.next"]
    )

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by(self.next)

    def link(self, answer: Answer) -> str | None:
        found = self.next.search(answer.body)
        if found is None or found == "":
            return None
        if not isinstance(found, str):
            raise UnexpectedResponse(f"`{self.next}` gives {type(found).__name__} in place of an address")
        return found
