"""The process that asks a graph: `python -m weirflow_fhir.graph.ask`, with what to do as JSON on standard input.

It is a process of its own so that a query that runs away can be ended. It writes the answer, and `outcome.json` if the
query is at fault.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from weirflow.api import NodeError
from weirflow_fhir.graph.answers import table
from weirflow_fhir.graph.sparql import bound, kind_of

OUTCOME = "outcome.json"
READY = "ready"
_AT = re.compile(r"error at (\d+):(\d+): (?:expected )?(.*)", re.DOTALL)
_SHOWN = 160  # characters of what a parser expected
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of Linux's sched.h


def main() -> None:
    """Answer one query."""
    task = json.loads(sys.stdin.read())
    folder = Path(task["folder"])
    _shut(task["memory"], task["seconds"])
    print(READY, flush=True)  # noqa: T201 - from now on time counts
    try:
        answer(task, folder)
    except NodeError as error:
        (folder / OUTCOME).write_text(json.dumps({"message": error.message, "hint": error.hint}))
    except MemoryError:
        os.abort()


def answer(task: dict[str, Any], folder: Path) -> None:
    """Write `answer.parquet`, or for CONSTRUCT and DESCRIBE `answer.nt`. Raises NodeError."""
    from pyoxigraph import RdfFormat, Store, serialize

    query = task["query"]
    kind = kind_of(query)
    store = Store.read_only(task["graph"])
    result: Any = _asked(store, query, bound(query, task["terms"]) if task["terms"] else query, task["union"])
    try:
        if kind in {"CONSTRUCT", "DESCRIBE"}:
            serialize(result, str(folder / "answer.nt"), RdfFormat.N_TRIPLES)
            return
        if kind == "ASK":
            import polars as pl

            frame = pl.DataFrame({"answer": [bool(result)]})
        else:
            most = task["max_rows"]
            names = [v.value for v in result.variables]
            rows = list(islice((tuple(r) for r in result), most + 1))
            if len(rows) > most:
                raise NodeError(
                    f"the answer has more than {most} rows", hint="`max_rows` sets the limit", code="WF402"
                )
            frame = table(names, rows)
    except (RuntimeError, OSError, ValueError) as error:
        raise NodeError(f"the query failed: {type(error).__name__}", code="WF402") from None
    frame.write_parquet(folder / "answer.parquet", compression="zstd")


def _asked(store: Any, written: str, query: str, union: bool) -> Any:  # noqa: FBT001 - a fact of the task
    try:
        return store.query(query, use_default_graph_as_union=union)
    except SyntaxError as error:
        fault = error
    except RuntimeError as error:
        raise NodeError(f"the query cannot be asked: {error}", code="WF402") from None
    except OSError:
        raise NodeError("the graph's store cannot be read", hint="run the flow again", code="WF603") from None
    where = "with its parameters put in, "
    if query != written:
        try:
            store.query(written)
        except SyntaxError as error:
            fault, where = error, ""
        except RuntimeError:
            pass
    else:
        where = ""
    found = _AT.match(fault.msg or "")
    if found is None:
        raise NodeError(f"{where}it is no SPARQL", code="WF402")
    line, column, wanted = found.groups()
    wanted = " ".join(wanted.split())
    told = wanted if len(wanted) <= _SHOWN else wanted[:_SHOWN] + "…"
    raise NodeError(
        f"{where}line {line}, column {column}: it is no SPARQL here or just before; expected: {told}",
        code="WF402",
    )


def _shut(memory: int, seconds: int) -> None:
    """Give up what a query does not need: the network, more memory or time than it may take, a life without its parent.

    Each is a second lock, and some systems do not have it.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
        libc.unshare(_NEW_USER | _NEW_NETWORK)
    import polars as pl  # noqa: F401 - what it takes for itself is not the query's
    import pyoxigraph  # noqa: F401

    taken = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize() if _linux() else 0
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (taken + (memory << 20),) * 2)
    with contextlib.suppress(OSError, ValueError):
        cores = os.cpu_count() or 1
        resource.setrlimit(resource.RLIMIT_CPU, ((seconds + 5) * cores,) * 2)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _linux() -> bool:
    return Path("/proc/self/statm").exists()


if __name__ == "__main__":
    main()
