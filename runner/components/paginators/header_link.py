"""Pages that name the address of the next one in the `Link` header."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from runner.components.paginators.base import Answer, read_by
from runner.components.paginators.link import LinkPaginator
from runner.mapping.reads import Path

_LINK = re.compile(r"""<\s*([^<>]*?)\s*>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s";,]*))?)*)""")
_REL = re.compile(r"""(?i);\s*rel\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))""")


class HeaderLink(LinkPaginator):
    """Each answer names the address of the next page in the `Link` header (RFC 8288).

    The partner answers with

        Link: <https://api.acme.example/v1/jobs?page=2>; rel="next", <https://api.acme.example/v1/jobs?page=9>; rel="last"

        paginate: {type: header_link}

    The walk ends when no link has the relation `next`. An address may be relative; one of another host is refused.
    """  # noqa: E501  # a header is one line

    example: ClassVar[str] = "{type: header_link}"
    type: Literal["header_link"] = Field(description="Each answer names the next page in the `Link` header.")
    rel: str = Field("next", description="The relation of the link that leads to the next page.", examples=["next"])

    @property
    def reads(self) -> frozenset[Path] | None:
        return read_by()

    def link(self, answer: Answer) -> str | None:
        for address, attributes in _LINK.findall(answer.headers.get("link", "")):
            rel = _REL.search(attributes)
            words = (rel[1] or rel[2] or "").lower().split() if rel else []
            if self.rel.lower() in words:
                return str(address)
        return None
