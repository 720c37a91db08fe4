"""Names that snippets of Data Wrangler use, and that pandas and NumPy have removed since its versions of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator


def _append(self: Any, other: Any, *, ignore_index: bool = False, sort: bool = False) -> Any:
    """Rows put after others, as before pandas 2."""
    others = list(other) if isinstance(other, (list, tuple)) else [other]
    if isinstance(self, pd.DataFrame):
        others = [pd.Series(o) if isinstance(o, dict) else o for o in others]
        others = [o.to_frame().T if isinstance(o, pd.Series) else o for o in others]
    return pd.concat([self, *others], ignore_index=ignore_index, sort=sort)


_REMOVED: tuple[tuple[Any, dict[str, Any]], ...] = (
    (pd.DataFrame, {"append": _append, "iteritems": pd.DataFrame.items}),
    (pd.Series, {"append": _append, "iteritems": pd.Series.items}),
    (np, {"int": int, "float": float, "object": object, "str": str, "bool": bool}),
)


@contextmanager
def old_names() -> Iterator[None]:
    """While the block runs, the removed names are there."""
    added: list[tuple[Any, str]] = []
    try:
        for owner, names in _REMOVED:
            for name, value in names.items():
                if name not in vars(owner):
                    setattr(owner, name, value)
                    added.append((owner, name))
        yield
    finally:
        for owner, name in added:
            delattr(owner, name)
