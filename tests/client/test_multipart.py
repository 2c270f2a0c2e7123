from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import create_form_parser

from runner.client.multipart import Multipart
from runner.errors import MappingError
from runner.model.file import File, in_memory


async def body(made: Multipart) -> bytes:
    return b"".join([piece async for piece in made.read()])


async def test_a_body_reads_as_a_form() -> None:
    made = Multipart({"file": in_memory(b"\x00\r\n--bytes", "roof.jpg"), "note": "é"})
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {made.type}\r\n\r\n".encode() + await body(made))
    file, note = message.iter_parts()
    assert (file.get_filename(), file.get_content_type()) == ("roof.jpg", "application/octet-stream")
    assert file.get_payload(decode=True) == b"\x00\r\n--bytes"
    assert note.get_payload(decode=True) == "é".encode()


async def test_names_cannot_end_their_quotes() -> None:
    made = await body(Multipart({'a"\r\nX: 1': in_memory(b"", '"\r\n.jpg')}))
    assert b'name="a%22%0D%0AX: 1"; filename="%22%0D%0A.jpg"\r\n' in made


def test_a_type_cannot_begin_another_header() -> None:
    plain = in_memory(b"x")
    with pytest.raises(MappingError):
        Multipart({"file": File("x", 1, plain.read, "image/png\r\nX: 1")})


@given(parts=st.dictionaries(st.text(min_size=1), st.binary() | st.text(), min_size=1, max_size=4))
async def test_whatever_goes_in_comes_out_and_the_size_is_right(parts: dict[str, bytes | str]) -> None:
    made = Multipart({name: in_memory(part) if isinstance(part, bytes) else part for name, part in parts.items()})
    whole = await body(made)
    assert made.size == len(whole)
    found: list[bytes] = []
    headers = {"Content-Type": made.type.encode(), "Content-Length": str(made.size).encode()}
    parser = create_form_parser(
        headers, lambda field: found.append(field.value or b""), lambda file: found.append(_content(file))
    )
    parser.write(whole)
    parser.finalize()
    assert found == [part if isinstance(part, bytes) else part.encode() for part in parts.values()]


def _content(file: object) -> bytes:
    opened = file.file_object  # type: ignore[attr-defined]
    opened.seek(0)
    return bytes(opened.read())
