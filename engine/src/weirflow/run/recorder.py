"""The observer that builds a run's record from its events."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from weirflow.run.events import (
    Computed,
    Described,
    Ended,
    Event,
    Fitted,
    NodeDone,
    NodeFailed,
    Printed,
    Progress,
    Reported,
    Warned,
    WaveDone,
)
from weirflow.run.record import (
    ColumnRecord,
    EdgeRecord,
    NodeRecord,
    ProblemRecord,
    RunRecord,
    WaveRecord,
)

if TYPE_CHECKING:
    from weirflow.errors import Diagnostic
    from weirflow.graph.model import GraphNode
    from weirflow.node.schema import Schema
    from weirflow.plan.model import Plan


def new_run() -> str:
    """An id for a run: sortable by time, and apart from another of the same second."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


class Recorder:
    """Turns events into a `RunRecord`."""

    def __init__(self, plan: Plan, run: str) -> None:
        self.plan = plan
        self.run = run
        self.started = datetime.now(UTC)
        self.nodes: dict[str, NodeRecord] = {n.id: self._node(n) for n in plan.graph}
        self.schemas: dict[str, Schema] = {}
        self.rows: dict[str, int | None] = {}
        self.waves: list[WaveRecord] = []
        self.scans = 0
        self.peak: int | None = None
        self.ended = False
        self.failures: list[tuple[str, Diagnostic]] = []
        self.warnings: list[Diagnostic] = []

    def _node(self, node: GraphNode) -> NodeRecord:
        planned = self.plan.nodes[node.id]
        return NodeRecord(
            id=node.id,
            operator=node.reference,
            kind=node.kind,
            title=node.spec.title,
            description=node.spec.description or summary(type(node.node)),
            status="skipped" if planned.action == "skip" else "pending",
            reason=planned.reason,
            inputs=tuple(EdgeRecord(node=e.source, output=e.output, input=e.input) for e in node.inputs),
            parameters=shown_parameters(node),
        )

    def __call__(self, event: Event) -> None:
        """Take an event into the record."""
        match event:
            case WaveDone(nodes, statistics, scans, seconds):
                self.waves.append(
                    WaveRecord(nodes=nodes, statistics=statistics, scans=scans, seconds=round(seconds, 4))
                )
            case Fitted(node):
                self._set(node, status="done", trained=event.shown()[1])
            case Reported(node, report):
                self._set(node, report=report)
            case Printed(node, text):
                self._set(node, output=self.nodes[node].output + text)
            case Progress(node, done, _total, cached, bad):
                self._set(node, items={"done": int(done), "cached": cached, "bad": bad})
            case NodeDone(node, seconds, files, rows):
                near = tuple(self._near(node, f) for f in files)
                self._set(node, status="done", seconds=seconds, files=near, rows_out=rows)
            case Computed(node, seconds):
                self._set(node, seconds=(self.nodes[node].seconds or 0.0) + seconds)
            case Warned(node, diagnostic) | NodeFailed(node, diagnostic):
                problem = ProblemRecord(
                    code=diagnostic.code, message=diagnostic.message, hint=diagnostic.hint or ""
                )
                self._set(node, problems=(*self.nodes[node].problems, problem))
                if isinstance(event, NodeFailed):
                    self._set(node, status="failed")
                    self.failures.append((node, diagnostic))
                else:
                    self.warnings.append(diagnostic)
            case Described(node, schema, rows, sample):
                self.schemas[node], self.rows[node] = schema, rows
                self._set(node, sample=sample, rows_out=rows)
            case Ended(scans, peak):
                self.scans, self.peak, self.ended = scans, peak, True
            case _:
                pass

    def _near(self, node: str, file: str) -> str:
        """A written file as the flow names it: a page that is handed on tells nothing of the machine."""
        base = self.plan.options.output or self.plan.graph[node].spec.base
        path = Path(file)
        return (
            str(path.relative_to(base.absolute()))
            if path.absolute().is_relative_to(base.absolute())
            else file
        )

    def _set(self, node: str, **update: Any) -> None:
        if node in self.nodes:
            self.nodes[node] = self.nodes[node].model_copy(update=update)

    def record(
        self, file: str, lines: Mapping[str, int] | None = None, *, interrupted: bool = False
    ) -> RunRecord:
        """The record as it stands; `lines` tells where each node stands in its file."""
        failed = {n for n, _ in self.failures}
        behind = self.plan.graph.descendants(failed) - failed
        for node in self.plan.graph:
            if node.id in behind:
                self._set(node.id, status="skipped", reason="something it depends on failed")
            elif self.nodes[node.id].status == "pending":
                # what is lazy has no event of its own: it is done when the run has come to its end
                self._set(
                    node.id, **({"status": "done"} if self.ended else {"reason": "the run ended before"})
                )
            self._set(node.id, line=(lines or {}).get(node.id), **self._columns(node))
        flow = self.plan.graph.flow
        status: Literal["done", "failed", "interrupted"] = "done"
        if interrupted or failed or not self.ended:
            status = "interrupted" if interrupted else "failed"
        return RunRecord(
            run=self.run,
            flow=flow.name,
            file=file,
            description=flow.description,
            weirflow=version("weirflow"),
            engine=self.plan.options.engine,
            status=status,
            started=self.started,
            seconds=round((datetime.now(UTC) - self.started).total_seconds(), 3),
            peak_bytes=self.peak,
            parameters=dict(flow.values),
            seed=flow.seed,
            nodes=tuple(self.nodes.values()),
            waves=tuple(self.waves),
            scans=self.scans,
        )

    def _columns(self, node: GraphNode) -> Mapping[str, Any]:
        """Columns after against before, and how many rows came in."""
        edge = next((e for e in node.inputs if e.type == "table"), None)
        before = self.schemas.get(edge.source) if edge else None
        found: dict[str, Any] = {"rows_in": self.rows.get(edge.source)} if edge else {}
        if node.kind == "sink" and self.nodes[node.id].status == "done":  # it writes what comes in
            written = self.nodes[node.id].rows_out
            found["rows_out"] = written if written is not None else found.get("rows_in")
        after = self.schemas.get(node.id)
        if after is None:
            return found
        changed = self._changed(node, after)
        renamed = self._renamed(node, before, after) if before is not None else {}
        found["columns"] = tuple(
            ColumnRecord(
                name=c.name,
                dtype=str(c.dtype or ""),
                personal=c.personal,
                new=edge is not None and (before is None or c.name not in before or c.name in changed),
                was=renamed.get(c.name, ""),
            )
            for c in after
        )
        if before is not None:
            found["removed"] = tuple(
                c.name for c in before if c.name not in after and c.name not in renamed.values()
            )
        return found

    def _changed(self, node: GraphNode, after: Schema) -> set[str]:
        made: set[str] = set()
        for port in node.output_ports:
            effect = self.plan.flowed.effects.get((node.id, port.name))
            if effect is not None:
                made |= set(effect.makes)
        return made & set(after.names)

    def _renamed(self, node: GraphNode, before: Schema, after: Schema) -> dict[str, str]:
        """Columns that came in under another name, which is gone."""
        old: dict[str, str] = {}
        for port in node.output_ports:
            effect = self.plan.flowed.effects.get((node.id, port.name))
            for name, made in effect.makes.items() if effect is not None else ():
                if made.alias and name in after and made.of[0] in before and made.of[0] not in after:
                    old.setdefault(made.of[0], name)
        return {name: was for was, name in old.items()}


def summary(cls: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return re.sub(r"\s+", " ", (cls.__doc__ or "").strip().split("\n\n")[0])


def shown_parameters(node: GraphNode) -> dict[str, Any]:
    """The parameters that the flow gives, as they may be shown: secrets stay references."""
    given = {i.alias or n: n for n, i in type(node.node).model_fields.items()}
    plain = node.node.model_dump(mode="json", by_alias=True)
    return {k: plain[k] for k in given if k in plain and given[k] in node.node.model_fields_set}
