"""Notes with their terms."""

from dataclasses import replace

import polars as pl
import pytest

from weirflow.api import File, Files, Inputs, ItemOutput
from weirflow_fhir.tagging.dictionary import dictionary
from weirflow_fhir.tagging.node import TagNotes
from weirflow_fhir.tagging.tagger import tags


@pytest.fixture
def said():
    """What is said of the terms of a text: `-` negated, `?` hypothetical, `f` family, by term."""

    def say(text):
        return [
            (text[t.begin : t.end], "".join(s for s, is_so in zip("-?f", t.context, strict=True) if is_so))
            for t in tags(text, dictionary())
        ]

    return say


@pytest.fixture
def tagged(tmp_path):
    """Tag files of notes, each a list of columns by name: rows without their nulls, and warnings."""

    def tag(files, own=None):
        for name, columns in files.items():
            pl.DataFrame(columns).write_parquet(tmp_path / name)
        if own is not None:
            (tmp_path / "own.csv").write_text(own, encoding="utf-8")
        node = TagNotes(dictionary=None if own is None else str(tmp_path / "own.csv"))
        warnings, results = [], []
        given = Files(tuple(File(tmp_path / n) for n in files))
        for number, item in enumerate(node.items(Inputs([("files", given)]))):
            folder = tmp_path / f"item{number}"
            folder.mkdir()
            results.append(replace(node.process(item, ItemOutput(folder, warnings.append)), folder=folder))
        rows = node.finish(results)["default"].collect("polars").to_native().to_dicts()
        return [{k: v for k, v in r.items() if v is not None} for r in rows], warnings

    return tag
