"""The events of a run as JSON lines, for programs that watch it."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from weirflow.run.events import Described, Event, Fitted, NodeFailed, Reported, Warned

if TYPE_CHECKING:
    from weirflow.cli.terminal import Terminal
    from weirflow.errors import Diagnostic


class JsonLines:
    """An observer that prints each event as one JSON object: `event` names it, `node` the node it concerns."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self.terminal.line({"event": _name(type(event)), **self._facts(event)})

    def _facts(self, event: Event) -> dict[str, Any]:
        match event:
            case Fitted(node):
                chosen, trained = event.shown()
                return {"node": node, "columns": chosen, "trained": trained}
            case Reported(node, report):
                return {"node": node, "report": json.loads(report.model_dump_json())}
            case Warned(node, diagnostic) | NodeFailed(node, diagnostic):
                return {"node": node, "diagnostic": self._diagnostic(diagnostic)}
            case Described(node, schema, rows):  # rows of data stay in the store
                columns = [{"name": c.name, "dtype": str(c.dtype) if c.dtype else None} for c in schema]
                return {"node": node, "rows": rows, "columns": columns}
            case _:
                return {f.name: getattr(event, f.name) for f in fields(event)}

    def _diagnostic(self, diagnostic: Diagnostic) -> dict[str, Any]:
        from weirflow.flow.show import as_json

        return as_json([diagnostic], self.terminal.sources)[0]


def _name(kind: type) -> str:
    """`NodeDone` as `node_done`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
