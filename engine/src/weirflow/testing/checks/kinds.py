"""What sources, sinks and tasks promise besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.errors import NodeError
from weirflow.node.contexts import Receipt, SourceContext
from weirflow.node.model import Sink, Source, Task
from weirflow.node.payloads import File, Files, Graph
from weirflow.run.items import located
from weirflow.run.steps import FileTarget
from weirflow.testing.check import check
from weirflow.testing.compare import outputs_differ
from weirflow.testing.subject import contents

if TYPE_CHECKING:
    import polars as pl

    from weirflow.testing.subject import Subject


@check(
    "source.facts", "N11.1", (Source,), "let `scan` give exactly the columns and types of the schema it is handed",
    needs=("run.example",),
)  # fmt: skip
def facts(subject: Subject) -> Iterator[str]:
    """The table is as the inspection says, and so is the number of rows."""
    node: Any = subject.node
    found = node.inspect(SourceContext(subject.base))
    frame = next(iter(subject.first.frames.values()))
    schema = subject.engine.schema(subject.engine.from_frame(frame))
    said, seen = [(c.name, c.dtype) for c in found.schema], [(c.name, c.dtype) for c in schema]
    if said != seen:
        yield f"it says {found.schema}, and gives {schema}"
    if found.rows is not None and found.rows != frame.height:
        yield f"it says that there are {found.rows} rows, and gives {frame.height}"


@check(
    "source.missing",
    "N11.2",
    (Source,),
    "raise NodeError where the data is not there",
    needs=("run.example",),
)
def missing(subject: Subject) -> Iterator[str]:
    """Data that is not there is told in a NodeError."""
    node: Any = subject.node
    if not subject.case.files:
        return
    try:
        node.inspect(SourceContext(subject.new_folder()))
    except NodeError:
        return
    except Exception as error:  # noqa: BLE001 - whatever else it raises is the finding
        yield f"where its files are missing it raises {type(error).__name__}"
    else:
        yield "where its files are missing it says nothing"


@check(
    "sink.receipt", "N11.3", (Sink,), "return the paths of `target.path`, and rows and bytes as they are, or None",
    needs=("run.example",),
)  # fmt: skip
def receipt(subject: Subject) -> Iterator[str]:
    """The receipt names what was written."""
    found = subject.first.trained
    if not isinstance(found, Receipt):
        yield f"`write` gives a {type(found).__name__}"
        return
    if not all(p.is_file() for p in found.paths) or not found.paths:
        yield "the receipt names a file that is not there, or none"
    height = next((f.height for f in subject.example.values()), None)
    if found.rows is not None and found.rows != height:
        yield f"the receipt says {found.rows} rows, and there were {height}"
    if found.bytes is not None and found.bytes != sum(p.stat().st_size for p in found.paths):
        yield "the receipt says another number of bytes than there are"


@check(
    "sink.whole",
    "N11.4",
    (Sink,),
    "write to the path that `with target.file(...)` gives",
    needs=("run.example",),
)
def whole(subject: Subject) -> Iterator[str]:
    """A write that fails half-way leaves no file behind."""

    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        del frame
        raise NodeError("on purpose")

    if not subject.node_class.inputs:
        return  # nothing that is given to it can fail
    folder = subject.new_folder()
    payload: Any = Files((*subject.files, File(folder / "gone", name="gone")))
    if subject.graphs:
        payload = Graph(folder / "gone")
    elif subject.example:
        frame = next(iter(subject.example.values()))
        payload = nw.from_native(frame.lazy().map_batches(fail, schema=frame.schema))
    node: Any = subject.node
    try:
        node.write(payload, FileTarget(folder, None, subject.engine))
    except Exception:  # noqa: BLE001 - the failure is ours
        left = contents(folder)
        if left:
            yield f"it leaves {', '.join(left)} behind"
    else:
        yield "it writes without computing the table, or without one of the files"


@check(
    "task.items", "N11.6", (Task,), "give items distinct keys, and payloads of plain JSON values",
    needs=("run.example",),
)  # fmt: skip
def items(subject: Subject) -> Iterator[str]:
    """Items are the same every time, have keys of their own and plain payloads."""
    node: Any = located(subject.node, subject.base)
    one, other = list(node.items(subject.given())), list(node.items(subject.given()))
    if one != other:
        yield "it names other items the second time"
    if len({i.key for i in one}) < len(one):
        yield "two items have one key"
    for item in one:
        if json.loads(json.dumps(dict(item.payload))) != dict(item.payload):
            yield f"the payload of item '{item.key}' is another after a journey through JSON"


@check(
    "task.order",
    "N11.7",
    (Task,),
    "keep nothing between items: an item sees itself alone",
    needs=("task.items",),
)
def order(subject: Subject) -> Iterator[str]:
    """Items done in another order give the same outputs."""
    node: Any = located(subject.node, subject.base)
    if (
        found := outputs_differ(subject.first.outputs, subject.task(node, subject.given(), backwards=True))
    ) is not None:
        yield found


@check(
    "sink.files",
    "N11.5",
    (Sink,),
    "write what `target.file` gives and nothing else",
    needs=("run.example",),
)
def written(subject: Subject) -> Iterator[str]:
    """A sink writes the files of its receipt and no others."""
    found = subject.first.trained
    names = {Path(p).name for p in found.paths}
    extra = [
        n for n in subject.first.outputs[subject.node_class.outputs[0].name] if Path(n).name not in names
    ]
    if extra:
        yield f"it writes {', '.join(extra)} besides"
