"""Files that are no YAML, and the exact words that an analyst reads about each."""

from __future__ import annotations

import pytest

from runner.connector.document import read
from runner.errors import ConnectorError

CASES: dict[str, tuple[str, str]] = {
    "a template without quotes": (
        "http:\n  base_url: {{ environment.api }}\n  x: 1\n",
        '2:13: bad-yaml: `{{ environment.api }}` must stand in quotes: YAML takes its braces for keys and values (write "{{ environment.api }}")',
    ),
    "a template without quotes, and more": (
        "http:\n  base_url: {{ environment.api }}/v1\n  x: 1\n",
        '2:13: bad-yaml: `{{ environment.api }}/v1` must stand in quotes: YAML takes its braces for keys and values (write "{{ environment.api }}/v1")',
    ),
    "a template without quotes between braces": (
        "http: {base_url: {{ environment.api }}, x: 1}\n",
        '1:18: bad-yaml: `{{ environment.api }}` must stand in quotes: YAML takes its braces for keys and values (write "{{ environment.api }}")',
    ),
    "a template without quotes in the middle": (
        "http: {base_url: a/{{ environment.api }}, x: 1}\n",
        '1:18: bad-yaml: `a/{{ environment.api }}` must stand in quotes: YAML takes its braces for keys and values (write "a/{{ environment.api }}")',
    ),
    "a template without quotes in a list": (
        "a:\n  - {{ x }}\n",
        '2:5: bad-yaml: `{{ x }}` must stand in quotes: YAML takes its braces for keys and values (write "{{ x }}")',
    ),
    "a tab at the beginning": (
        "http:\n\tbase_url: x\n",
        "2:1: bad-yaml: a tab in the indentation (indent with spaces)",
    ),
    "a tab on a later line": (
        "http:\n  a: 1\n\tbase_url: x\n",
        "3:1: bad-yaml: a tab in the indentation (indent with spaces)",
    ),
    "a tab after spaces": (
        "http:\n  a: 1\n  \tb: x\n",
        "3:3: bad-yaml: a tab in the indentation (indent with spaces)",
    ),
    "an alias of another name": (
        "a: &errors 1\nb: *erors\n",
        "2:4: bad-yaml: nothing is marked `&erors` (did you mean `errors`?)",
    ),
    "an alias of nothing": (
        "b: *erors\n",
        "1:4: bad-yaml: nothing is marked `&erors` (no `&name` marks anything in this file; quote a text)",
    ),
    "less indentation than its neighbours": (
        "http:\n  a: 1\n b: 2\n",
        "3:2: bad-yaml: the indentation of this line fits no line above (indent it as the keys that it belongs to)",
    ),
    "more indentation than its neighbours": (
        "http:\n  a: 1\n   b: 2\n",
        "3:4: bad-yaml: these keys stand below line 2, which has its value already (give all keys of one block the same indentation)",
    ),
    "keys below a value": (
        "http: x\n  a: 1\n",
        "2:3: bad-yaml: these keys stand below line 1, which has its value already (give all keys of one block the same indentation)",
    ),
    "a key among items": (
        "a:\n  - x\n  b: 1\n",
        "3:3: bad-yaml: a key among list items (`- `) (a block holds keys or list items, not both: indent them one below the other)",
    ),
    "an item among keys": (
        "a:\n  b: 1\n  - x\n",
        "3:3: bad-yaml: a list item (`- `) among keys (a block holds keys or list items, not both: indent them one below the other)",
    ),
    "a brace that is open": (
        "a: {b: 1\nc: 2\n",
        "1:4: bad-yaml: `{` is not closed (close it with `}`)",
    ),
    "a bracket that is open": (
        "a: [b, c\nd: 2\n",
        "1:4: bad-yaml: `[` is not closed (close it with `]`)",
    ),
    "a brace too many": (
        "a: {b: 1}}\nc: 2\n",
        "1:10: bad-yaml: `}` closes nothing (take it out, or put the text in quotes)",
    ),
    "no comma": (
        "a: {b: 1 c: 2}\n",
        "1:11: bad-yaml: a comma is missing, or `{` at column 4 is not closed (put commas between the parts, and quote texts that hold , : { } [ or ])",
    ),
    "a quote that is open": (
        'a: "b\nc: 2\n',
        '1:4: bad-yaml: the quote " is not closed (close it; a " inside "..." is written \\")',
    ),
    "a single quote that is open": (
        "a: 'b\nc: 2\n",
        "1:4: bad-yaml: the quote ' is not closed (close it; a ' inside '...' is written twice)",
    ),
    "an expression that begins with a quote": (
        "a: 'b' || c\n",
        "1:8: bad-yaml: `|` begins a block of text here, and nothing can follow it on its line (put the whole expression in '...', or in a `|-` block)",
    ),
    "two colons": (
        "title: A: b\n",
        "1:9: bad-yaml: a second `: ` on one line (put the whole text in '...', or in a `|-` block)",
    ),
    "a back-tick at the beginning": (
        "a: `x`\n",
        "1:4: bad-yaml: a plain text cannot begin with ` (put the expression in '...', or in a `|-` block)",
    ),
    "the whole payload without quotes": (
        "a: @\n",
        "1:4: bad-yaml: a plain text cannot begin with @ (put the expression in '...', or in a `|-` block)",
    ),
    "a pipe at the beginning": (
        "a: || x\n",
        "1:4: bad-yaml: `|` begins a block of text here, and nothing can follow it on its line (put the whole expression in '...', or in a `|-` block)",
    ),
    "no colon": (
        "a: 1\nb\nc: 2\n",
        "2:1: bad-yaml: `b` is no key: it has no colon (write `b: ...`)",
    ),
    "no space after a colon": (
        "a:\n  b:1\n  c: 2\n",
        "2:3: bad-yaml: `b:` has no space after its colon (write `b: 1`)",
    ),
    "a backslash in double quotes": (
        'a: "\\d+"\n',
        "1:5: bad-yaml: `\\d` is no escape in \"...\" (write the text in '...')",
    ),
    "a no-break space in the indentation": (
        "http:\n\xa0\xa0base_url: x\n  b: 1\n",
        "2:1: bad-yaml: a no-break space in the indentation (indent with spaces)",
    ),
    "a no-break space that makes another key": (
        "http:\n  a: 1\n\xa0 base_url: x\n",
        "3:1: bad-yaml: a no-break space in the indentation (indent with spaces)",
    ),
    "a no-break space after a space": (
        "http:\n  a: 1\n \xa0base_url: x\n  c: 2\n",
        "3:2: bad-yaml: a no-break space in the indentation (indent with spaces)",
    ),
    "a NUL byte": (
        "a: 1\nb: x\x00y\n",
        "2:5: bad-yaml: the character U+0000 cannot stand in a file (remove it: an editor shows it as a box, or not at all)",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "2:1: bad-yaml: `---` begins a second document (a file holds one: take `---` out)",
    ),
    "a merge key": (
        "a:\n  <<: {}\n  b: 1\n",
        "2:3: bad-yaml: YAML's merge key `<<` is not read here (use `groups` or `extends` of processors, or repeat the keys)",
    ),
    "an ampersand at the beginning": (
        "a: & x\n",
        "1:4: bad-yaml: a plain text cannot begin with & (put it in quotes: '&')",
    ),
    "an anchor twice": (
        "a: &x 1\nb: &x 2\nc: *x\n",
        "2:4: bad-yaml: a mark (`&name`) is given twice (the first is on line 1; give one of them another name)",
    ),
    "a star as a key": (
        "on:\n  *: {do: x}\n",
        "2:3: bad-yaml: a plain text cannot begin with * (put it in quotes: '*')",
    ),
    "a pattern as a key": (
        "on:\n  *.created: {do: x}\n",
        "2:3: bad-yaml: a plain text cannot begin with * (put it in quotes: '*.created')",
    ),
    "a byte of another encoding": (
        "a: 1\nb: Caf\udce9\n",
        "2:7: bad-yaml: the file is not UTF-8: the byte 0xe9 means nothing in it (save it as UTF-8)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_says_what_where_and_the_remedy(case: str) -> None:
    text, said = CASES[case]

    with pytest.raises(ConnectorError) as caught:
        read(text, "x.yaml")

    assert [str(finding) for finding in caught.value.findings] == [f"x.yaml:{said}"]
