"""SQL that gives something else at another time: it asks the clock, or chance."""

from __future__ import annotations

from typing import Literal

_BARE = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
"""They need no parentheses."""

_CALLED = {
    "spark": {"curdate", "now", "shuffle", "uuid"},
    "duckdb": {
        "current_localtime",
        "current_localtimestamp",
        "age",  # of one date it is that since today
        "gen_random_uuid",
        "get_current_time",
        "get_current_timestamp",
        "nextval",
        "now",
        "today",
        "transaction_timestamp",
        "uuid",
        "uuidv4",
        "uuidv7",
    },
}
_CALLED_EMPTY = {
    "spark": {"rand", "randn", "random", "unix_timestamp"},  # the first three take a seed, the last a time
    "duckdb": {"random"},
}


def is_volatile(text: str, dialect: Literal["spark", "duckdb"]) -> bool:
    """Whether an expression or a query may give something else at another time, of the same table.

    It is told by the words, so that a query that nobody can parse is none.
    """
    import sqlglot

    try:
        tokens = sqlglot.tokenize(text, read=dialect)
    except sqlglot.errors.SqlglotError:
        return False
    words = [t.text.lower() if t.token_type.name not in {"STRING", "IDENTIFIER"} else "" for t in tokens]
    for word, *after in zip(words, [*words[1:], ""], [*words[2:], "", ""], strict=False):
        if word in _BARE or (word in _CALLED[dialect] and after[0] == "("):
            return True
        if word in _CALLED_EMPTY[dialect] and after == ["(", ")"]:
            return True
        if word == "tablesample" or (word == "using" and after[0] == "sample"):
            return True
    return False
