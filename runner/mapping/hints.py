"""What was probably meant by a text that is no JMESPath: the mistakes of those who know other languages."""

from __future__ import annotations

import re

REFERENCE = "see https://jmespath.org/tutorial.html"
_CURLY = "“”„‘’‚`´«»"
_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "=="}


def hint(text: str, offset: int) -> tuple[str, str, int]:
    """For a text and where its parser stopped: what is wrong (empty when that is not known), the remedy, and where."""
    template = re.search(r"\{\{-?\s*(.*?)\s*-?(?:\}\}|$)", text, re.DOTALL)
    if template and text.rfind("'", 0, template.start()) < 0:
        what = "an expression has no `{{ }}`, which is for templates"
        return what, f"write `{template[1]}`", template.start()
    curly = next((at for at, sign in enumerate(text) if sign in _CURLY and sign != "`"), -1)
    if curly >= 0 and curly <= offset:
        return f"{text[curly]} is a typographic quote", "use straight quotes: '...' for a text", curly
    return _near(text, offset) or ("", _unbalanced(text), offset)


def _near(text: str, offset: int) -> tuple[str, str, int] | None:
    """By the word or sign at which the parser stopped, or by the word before it."""
    rest = text[offset:]
    if rest.startswith("="):
        at = offset - len(text[:offset]) + len(text[:offset].rstrip("="))
        return "`=` compares nothing", "did you mean `==`?", at
    if rest[:1].isspace():
        return f"the blank U+{ord(rest[0]):04X} is no space", "write a plain space", offset
    here = re.match(r"[A-Za-z]+", rest)
    before = re.search(r"([A-Za-z]+)\s+$", text[:offset])
    for word, at in ((here and here[0], offset), (before and before[1], before.start() if before else 0)):
        if word and word.lower() in _WORDS:
            return f"`{word}` is no word of JMESPath", f"write `{_WORDS[word.lower()]}`", at
    number = re.match(r"-?\d+(\.\d+)?", rest)
    if number and re.search(r"[=<>!]\s*$", text[:offset]):
        return "a number is written in back-ticks", f"write `` `{number[0]}` ``", offset
    if rest.startswith("?"):
        return "JMESPath has no `a ? b : c`", "write `a && b || c`", offset
    if rest[:1] in ("+", "/", "%"):
        return f"JMESPath has no `{rest[0]}`", "use a function: see `runner docs`", offset
    return None


def _unbalanced(text: str) -> str:
    if text.count("(") != text.count(")"):
        return "the parentheses do not match"
    if text.count("[") != text.count("]"):
        return "the brackets do not match"
    if text.count("'") % 2:
        return "a text in '...' is not closed; YAML may have cut the expression at ` #`: use a `|-` block"
    return REFERENCE
