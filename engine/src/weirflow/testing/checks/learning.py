"""Trained parameters: plain data, enough for a transform, and needed for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from weirflow.node.model import Analysis, Estimator
from weirflow.node.report import Report
from weirflow.node.statistics import Answers
from weirflow.node.trained import TrainedParameters
from weirflow.testing.check import check
from weirflow.testing.compare import outputs_differ
from weirflow.testing.subject import shown

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject

_ESTIMATORS = (Estimator,)


@check(
    "trained.model", "N7.1", _ESTIMATORS, "derive from Estimator[Model], and return an instance of Model from `fit`",
    needs=("run.example",),
)  # fmt: skip
def model(subject: Subject) -> Iterator[str]:
    """What is learned is of the class that the estimator names."""
    node_class: Any = subject.node_class
    found = node_class.trained_model()
    if not issubclass(found, TrainedParameters):
        yield f"{found.__name__} is not derived from TrainedParameters"
    elif not isinstance(subject.first.trained, found):
        yield f"`fit` gives a {type(subject.first.trained).__name__}, and the class names {found.__name__}"


@check(
    "trained.json", "N7.2", _ESTIMATORS, "let fields have types that JSON has, and keep nothing on the node",
    needs=("trained.model", "rows.drawn"),
)  # fmt: skip
def journey(subject: Subject) -> Iterator[str]:
    """After a journey through JSON a fresh node gives the same output."""
    for frames in subject.drawn:
        first = subject.done(frames)
        if first.refused is not None:
            continue
        read = first.trained.canonical()
        fresh = subject.make(subject.case.parameters)
        again = subject.run(frames, subject.resolved(fresh, frames), read)
        if (found := outputs_differ(first.outputs, again.outputs)) is not None:
            yield f"{found}; input {shown(frames)}"
            return


@check(
    "trained.required", "N7.3", _ESTIMATORS, "use what `fit` returned, and learn nothing in `transform`",
    needs=("trained.model",),
)  # fmt: skip
def required(subject: Subject) -> Iterator[str]:
    """A transform without anything learned is refused."""
    node_class: Any = subject.node_class
    if not node_class.trained_model().model_fields:
        return  # it learns only which columns there are
    node: Any = subject.resolved(subject.make(subject.case.parameters), subject.example)
    table = subject.engine.from_frame(next(iter(subject.example.values())))
    try:
        subject.engine.frame(node.transform(table, None))
    except Exception:  # noqa: BLE001 - whatever it raises, it gives no table
        return
    yield "`transform` gives a table though nothing was learned"


@check(
    "ask.pure", "N5.1", (Estimator, Analysis), "let `ask` depend on its arguments alone",
    needs=("run.example",),
)  # fmt: skip
def pure(subject: Subject) -> Iterator[str]:
    """Asked twice it wants the same."""
    node: Any = subject.first.node
    schema = subject.schemas(subject.example).table
    if list(node.ask(schema, Answers())) != list(node.ask(schema, Answers())):
        yield "`ask` gives other statistics the second time"


@check(
    "report.plain", "N6.12", (Analysis,), "return a Report of plain values: no NumPy scalars, no NaN",
    needs=("run.example",),
)  # fmt: skip
def report(subject: Subject) -> Iterator[str]:
    """A report is the same after a journey through JSON."""
    found = subject.first.outputs[subject.node_class.outputs[0].name]
    if not isinstance(found, Report):
        yield f"`report` gives a {type(found).__name__}"
    elif Report.model_validate_json(found.model_dump_json()) != found:
        yield "the report is another after a journey through JSON"
