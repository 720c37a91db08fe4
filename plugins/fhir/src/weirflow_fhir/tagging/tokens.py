"""Words of a text by which terms are compared, and the sentences that they stand in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A word with its apostrophes, or a sign. Hyphens within words part them and are no token, and neither is Markdown.
_TOKEN = re.compile(r"[^\W_]++(?:['\u2019][^\W_]++)*+['\u2019]?|(?!(?<=\w)[-\u2010\u2011](?=\w))[^\w\s*`]")
_END = re.compile(
    r"[;\n.!?](?:"  # what may end one, first, so that the search is quick
    r"(?<=;)"
    r"|(?<=\n)(?:[ \t\r]*\n|(?<!,\n)(?=\s*[^a-z\s]))"  # a line, unless the next goes on with it
    r"|(?<=[.!?])(?<!\bMr.)(?<!\bMs.)(?<!\bMrs.)(?<!\bDr.)(?<!\bSt.)(?<!\bvs.)(?<!\b[A-Z].)(?=\s|$)"
    r"|(?<=\b[A-Z][.!?])(?=\s+[^a-z\s]|\s*$)"  # `hepatitis C. He`, but not `E. coli`
    r")"
)
_SPELLINGS = (("oe", "e"), ("ae", "e"), ("our", "or"))  # British, and what happens to be alike
_SHORT = 3  # letters of words that have no plural: abbreviations as a rule


def words(text: str, begin: int = 0, end: int | None = None) -> list[str]:
    """What the tokens between two places of a text are compared by."""
    return [key(token) for token in _TOKEN.findall(text, begin, len(text) if end is None else end)]


def places(text: str, begin: int, end: int) -> tuple[list[int], list[int]]:
    """Where these tokens begin and where they end, in code points of the whole text."""
    begins, ends = [], []
    for match in _TOKEN.finditer(text, begin, end):
        begins.append(match.start())
        ends.append(match.end())
    return begins, ends


def sentences(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the sentences, items of lists and lines of a piece of text begin and end."""
    for match in _END.finditer(text, begin, end):
        if match.start() > begin:
            yield begin, match.start()
        begin = match.end()
    if begin < end:
        yield begin, end


@lru_cache(maxsize=1 << 17)
def key(word: str) -> str:
    """What a word is compared by: in lower case, singular, without a genitive, in American spelling.

    It need not be a word, since terms and texts get the same: `diabetes` gives `diabete`.
    """
    plain = word.casefold().replace("\u2019", "'").removesuffix("'").removesuffix("'s")
    if len(plain) <= _SHORT:
        return plain
    for british, american in _SPELLINGS:
        plain = plain.replace(british, american)
    if plain.endswith("ies"):
        return plain[:-3] + "y"
    if plain.endswith("sis"):  # as `metastases`
        return plain[:-2] + "e"
    if plain.endswith(("sses", "shes", "ches", "xes")):
        return plain[:-2]
    if plain.endswith("s") and not plain.endswith(("ss", "us", "is")):
        return plain[:-1]
    return plain
