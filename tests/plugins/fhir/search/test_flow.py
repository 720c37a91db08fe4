"""Searching in a flow: an index goes from node to node, and is kept between runs."""

from __future__ import annotations

import csv

from weirflow.plan.model import Options
from weirflow.project.opened import Project

FLOW = """\
flow: 1
name: search
nodes:
  - {id: notes, operator: read.csv, parameters: {path: notes.csv}}
  - {id: judged, operator: read.csv, parameters: {path: judgements.csv}}
  - {id: index, operator: search.index, inputs: notes, parameters: {metadata: [who]}}
  - {id: answers, operator: search.query, inputs: index, parameters: {questions: [HTN, knee]}}
  - {id: answered, operator: write.csv, inputs: answers, parameters: {path: answers.csv}}
  - {id: judge, operator: search.judge, inputs: {index: index, judgements: judged}}
  - {id: measures, operator: write.csv, inputs: judge.default, parameters: {path: measures.csv}}
"""


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_flow(tmp_path):
    (tmp_path / "notes.csv").write_text(
        "note_id,text,who\na,hypertension for years,p1\nb,sore knee,p2\nc,hip,p2\n"
    )
    (tmp_path / "judgements.csv").write_text("question,document,grade\nHTN,a,3\n")
    (tmp_path / "search.flow").write_text(FLOW)
    for _ in range(2):
        Project(tmp_path / "search.flow").run(Options(report="none", jobs=1), apart=False).check()
    assert len(list(tmp_path.rglob("index.sqlite"))) == 1
    assert [(r["question"], r["document"]) for r in rows(tmp_path / "answers.csv")] == [
        ("HTN", "a"),
        ("knee", "b"),
    ]
    measured = {r["way"]: float(r["ndcg"]) for r in rows(tmp_path / "measures.csv")}
    assert measured == {"words": 0, "words, concepts": 0, "words, concepts, synonyms": 1}
