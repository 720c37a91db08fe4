"""Waves: gather the questions whose columns are final, answer each once where that is cheapest, and fit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError

from weirflow.errors import Diagnostic
from weirflow.graph.faults import WrongResultError, expect, expect_all
from weirflow.graph.schemas import Learned
from weirflow.node.model import Analysis, Estimator
from weirflow.node.report import Report
from weirflow.node.statistics import Answers, Head, Query, Sample, Statistic
from weirflow.run.events import Fitted, NodeDone, Reported, WaveDone
from weirflow.run.tables import NodeFailedError, blame

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode, Place
    from weirflow.run.state import State


@dataclass
class Asked:
    """A node's questions so far: for each, where it is answered and under which question there."""

    places: dict[Statistic[Any], tuple[Place, Statistic[Any]]] = field(default_factory=dict)


def run_wave(state: State) -> bool:
    """Carry out one wave; whether anything came of it."""
    state.reflow()
    state.materialise()
    started, scans = time.perf_counter(), state.scans()
    asking = [n for n in state.plan.graph if state.asks(n)]
    ready = {n.id: Asked() for n in asking if state.may_ask(n)}
    if not ready:
        return False
    state.begin("wave", tuple(ready))
    answered = 0
    done: list[str] = []
    while ready:  # a node may ask again once it knows some answers
        wanted: dict[Place, dict[Statistic[Any], None]] = {}
        for id_ in [*ready]:
            node = state.plan.graph[id_]
            try:
                fresh = _fresh(state, node, ready[id_])
            except NodeFailedError as failed:
                state.fail(failed)
                del ready[id_]
                continue
            if fresh is None:  # it waits for a later wave
                del ready[id_]
            elif not fresh and _finish(state, node, ready.pop(id_)):
                done.append(id_)
            for place, statistic in fresh or ():
                wanted.setdefault(place, {})[statistic] = None
        if ready:
            answered += _answer(state, wanted, ready)
    if done:
        state.emit(WaveDone(tuple(done), answered, state.scans() - scans, time.perf_counter() - started))
    return bool(done)


def _fresh(state: State, node: GraphNode, asked: Asked) -> list[tuple[Place, Statistic[Any]]] | None:
    """The node's new questions, each with where it is answered; None if one must wait."""
    instance = state.flowed.nodes[node.id]
    assert isinstance(instance, (Estimator, Analysis))
    schema = state.flowed.input_schema(node)
    edge = next(e for e in node.inputs if e.type == "table")
    while True:
        with blame(node):
            asks: Any = instance.ask(schema, _answers(state, asked))
            questions: list[Statistic[Any]] = expect_all(asks, Statistic, "ask()")
        new = [q for q in dict.fromkeys(questions) if q not in asked.places]
        if any(state.lineage.blockers(edge.place, q.columns()) for q in new):
            return None
        asked.places |= {q: _place(state, edge.place, q) for q in new}
        fresh = [asked.places[q] for q in new if asked.places[q] not in state.answers]
        if fresh or not new:
            return fresh


def _place(state: State, place: Place, question: Statistic[Any]) -> tuple[Place, Statistic[Any]]:
    """Where a question is answered, and how it reads there."""
    found = _at(*state.lineage.site(place, question.columns()), place, question)
    if found in state.answers or state.graph[found[0][0]].kind == "source":
        return found
    # there is work in it: a copy nearer by is cheaper to ask
    return _at(*state.lineage.site(place, question.columns(), state.copied), place, question)


def _at(
    site: Place, names: Mapping[str, str], place: Place, question: Statistic[Any]
) -> tuple[Place, Statistic[Any]]:
    """How a question asked at `place` reads at a site where its columns have these names."""
    if all(n == c for c, n in names.items()):
        return site, question
    if isinstance(question, (Head, Sample, Query)):  # their answers carry the names
        return place, question
    renamed: dict[str, Any] = {}
    for name, value in vars(question).items():
        if name == "column":
            renamed[name] = names[value]
        elif name in {"of", "by"}:
            renamed[name] = tuple(names[v] for v in value)
    return site, replace(question, **renamed)  # type: ignore[type-var]


def _answers(state: State, asked: Asked) -> Answers:
    return Answers({q: state.answers[p] for q, p in asked.places.items() if p in state.answers})


def _answer(
    state: State, wanted: Mapping[Place, Mapping[Statistic[Any], None]], ready: dict[str, Asked]
) -> int:
    """Answer all questions, place by place; a place that fails takes only those with it who asked there."""
    count = 0
    for place, statistics in wanted.items():
        try:
            found = state.answer(place, list(statistics))
        except NodeFailedError as failed:
            state.fail(failed)
            for id_ in [i for i, a in ready.items() if any(p == place for p, _ in a.places.values())]:
                del ready[id_]
                state.failed |= state.graph.descendants([id_])
            continue
        state.answers.update({(place, s): a for s, a in found.items()})
        count += len(found)
    return count


def _finish(state: State, node: GraphNode, asked: Asked) -> bool:
    """All is answered: learn, or report."""
    instance = state.flowed.nodes[node.id]
    answers = _answers(state, asked)
    try:
        with blame(node):
            if isinstance(instance, Analysis):
                started = time.perf_counter()
                told: Any = instance.report(state.flowed.input_schema(node), answers)
                report = expect(told, Report, "report()")
                state.reports[node.id] = report
                state.emit(Reported(node.id, report))
                state.emit(NodeDone(node.id, time.perf_counter() - started))
                return True
            assert isinstance(instance, Estimator)
            trained = expect(instance.fit(answers), type(instance).trained_model(), "fit()")
            # what counts is what the file will say, to the last digit
            try:
                trained = trained.canonical()
            except PydanticSerializationError:
                raise WrongResultError(
                    f"fit() gave a {type(trained).__name__} that JSON cannot hold, and plain data is expected"
                ) from None
    except NodeFailedError as failed:
        state.fail(failed)
        return False
    except ValueError:
        state.fail(
            NodeFailedError(
                node.id,
                Diagnostic("WF614", f"{node.reference} learned a number that is not finite", node=node.id),
            )
        )
        return False
    columns = {c for q in asked.places for c in q.columns()}
    chosen = dict(state.flowed.chosen.get(node.id, {}))
    learned = Learned(trained, chosen, state.upon(node, columns))
    state.learn(node.id, learned)
    schema = state.flowed.input_schema(node)
    personal = any(schema.is_personal(c) for c in columns)
    state.emit(Fitted(node.id, learned, personal))
    return True
