"""The canonical layout of a flow's text: the same meaning and the same comments, laid out in one way."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from weirflow.flow.layout.comments import comments, read_page
from weirflow.flow.layout.write import rank, write
from weirflow.flow.positions import is_json
from weirflow.flow.read import parse

__all__ = ["LayoutError", "laid_out"]


class LayoutError(Exception):
    """The text could not be laid out without a change of what it says: a mistake of weirflow."""


def laid_out(text: str) -> str:
    """The text of a flow in the canonical layout.

    The text has to be one that is read without errors. What comes out is read as the same data, and has the
    same comments; that is checked here, each time. Raises LayoutError where it does not hold.
    """
    old = _arranged(parse(text, "").data)
    if is_json(text):
        return json.dumps(old, indent=2, ensure_ascii=False) + "\n"
    page = read_page(text)
    if page is None:
        raise LayoutError("the text holds no mapping")
    new = write(page)
    if not _same(old, _arranged(parse(new, "").data)):
        raise LayoutError("the layout would change the data")
    if Counter(page.comments) != Counter(comments(new)):
        raise LayoutError("the layout would change the comments")
    return new


def _arranged(data: Any) -> Any:
    """The data with the keys of its nodes in order."""
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list):
        return data
    nodes = [{k: n[k] for k in sorted(n, key=rank)} if isinstance(n, dict) else n for n in data["nodes"]]
    return {**data, "nodes": nodes}


def _same(old: Any, new: Any) -> bool:
    """Whether two values are the same, types and the order of keys included."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return len(old) == len(new) and all(
            _same(a, b) and _same(old[a], new[b]) for a, b in zip(old, new, strict=True)
        )
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new) or (isinstance(old, float) and math.isnan(old) and math.isnan(new))
