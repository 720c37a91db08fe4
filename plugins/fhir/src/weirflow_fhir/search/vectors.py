"""Meanings of texts as numbers, by a small model that comes in a package and runs without a network.

The model is WordLlama's (Miller, 2024; MIT): 256 numbers for each of 32,000 pieces of words, taken from a large
language model's first layer and trained on; a text's are their mean. It takes 16 MB, and no accelerator.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from weirflow.api import NodeError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]

MODEL = "wordllama-l2-supercat-256"
_CHARACTERS = 1200  # of a piece of a text, about 200 words
_PIECES = 64  # of a document: what follows in a very long one is not looked at
_BATCH = 256  # pieces
_ROWS = 65_536  # that are compared at a time
_WIDE = 262_144  # up to which they are wide numbers in memory, a kilobyte each, and faster
_WHOLE = 127  # of one, as a vector is kept
_BREAK = re.compile(r"\n\s*\n|(?<=[.!?])\s")


class Model:
    """The model, loaded. Raises NodeError where its package is not installed."""

    def __init__(self) -> None:
        try:
            from pathlib import Path

            import wordllama
        except ImportError as error:
            raise NodeError(
                "embeddings need WordLlama, which is not installed",
                hint="pip install 'weirflow[embeddings]', or leave `embeddings` out",
            ) from error
        # its tokenizer lies in the package too, but is looked for in the cache's folder alone
        self._model: Any = wordllama.WordLlama.load(
            cache_dir=Path(wordllama.__file__).parent, disable_download=True
        )

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """A row of length one for each text."""
        vectors: Vectors = self._model.embed(list(texts), norm=True)
        return vectors


def pieces(text: str) -> list[str]:
    """A text in pieces that one vector can stand for, cut between paragraphs or sentences where possible."""
    found: list[str] = []
    begin = 0
    while begin < len(text) and len(found) < _PIECES:
        end = begin + _CHARACTERS
        if end < len(text):
            breaks = [m.end() for m in _BREAK.finditer(text, begin + _CHARACTERS // 2, end)]
            end = breaks[-1] if breaks else end
        if piece := text[begin:end].strip():
            found.append(piece)
        begin = end
    return found


def write(db: sqlite3.Connection, model: Model) -> int:
    """Write the vectors of an index's documents; how many there are."""
    import numpy as np

    count = 0
    for batch in _batches(db.execute("SELECT place, title, text FROM contents ORDER BY place")):
        vectors = np.rint(model([text for _, text in batch]) * _WHOLE).astype(np.int8)
        db.executemany(
            "INSERT INTO vectors (place, vector) VALUES (?, ?)",
            ((n, v.tobytes()) for (n, _), v in zip(batch, vectors, strict=True)),
        )
        count += len(batch)
    return count


def _batches(rows: Iterable[tuple[int, str, str]]) -> Iterator[list[tuple[int, str]]]:
    batch: list[tuple[int, str]] = []
    for number, title, text in rows:
        for piece in pieces(text) or [title]:
            batch.append((number, piece))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


class Near:
    """The vectors of an index, read once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        import numpy as np

        rows = db.execute("SELECT place, vector FROM vectors ORDER BY rowid").fetchall()
        self._places = np.array([n for n, _ in rows], dtype=np.int64)
        kept = np.frombuffer(b"".join(v for _, v in rows), dtype=np.int8).reshape(len(rows), -1)
        self._vectors = kept.astype(np.float32) if len(rows) <= _WIDE else kept
        self._model = Model()

    def ranked(self, question: str, limit: int, among: set[int] | None = None) -> list[int]:
        """The places of documents whose nearest piece is nearest to a question, by cosine; of equals the first."""
        import numpy as np

        asked = self._model([question])[0]
        blocks = range(0, len(self._vectors), _ROWS)
        near = np.concatenate(
            [self._vectors[n : n + _ROWS].astype(np.float32, copy=False) @ asked for n in blocks]
        )
        if among is not None:
            near[~np.isin(self._places, list(among))] = -np.inf
        best: dict[int, None] = {}
        most = limit * _PIECES  # pieces that can be those of as many documents
        enough = np.partition(near, -most)[-most] if most < len(near) else -np.inf
        rows = np.flatnonzero(near >= enough)
        for row in rows[np.argsort(-near[rows], kind="stable")]:
            if len(best) == limit or near[row] == -np.inf:
                break
            best.setdefault(int(self._places[row]))
        return list(best)


def fused(rankings: Iterable[Sequence[int]]) -> Mapping[int, float]:
    """One score of several rankings: reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009), k = 60."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (60 + rank)
    return scores
