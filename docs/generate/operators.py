"""docs/reference/operators: what `weirflow nodes show` says, with an example that really runs."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from prose import code, prose, sentence, table
from weirflow.api import Analysis, Estimator, Job, Report, Service, Sink, Source, Transform
from weirflow.plugins.describe import describe
from weirflow.plugins.registry import Registry
from weirflow.testing.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from weirflow.api import Effect, Node
    from weirflow.plugins.hookspecs import NodeReference
    from weirflow.testing import Case

TESTS = Path(__file__).resolve().parents[2] / "tests" / "plugins"
_WIDTH = 100
_SHOWN = 5  # rows of an example

_HEAD = """\
# Operators

What the plugins that ship with weirflow bring, one page a family. `weirflow nodes list` lists what is installed, yours
included, and `weirflow nodes show OPERATOR` shows one of these entries.

Every operator gives the same again from the same input, parameters and learned values. One that holds the whole table
in memory says so; the others are parts of a lazy query, which the engine streams where it can. The examples are cases
that the tests hold to the [node specification](../node.md): what goes in, what is known of the result before any data
is read, and what comes out.
"""


def pages() -> dict[str, str]:
    """The index and a page for each family, by file name."""
    registry = Registry.load()
    cases = _cases()
    found = {"README.md": _index(registry)}
    for family, references in groupby(registry.references(), key=_family):
        entries = [_entry(registry, r, cases.get(registry.node_class(r))) for r in references]
        found[f"{family}.md"] = f"# {family}\n\n" + "\n".join(entries).rstrip() + "\n"
    return found


def _family(reference: NodeReference) -> str:
    return reference.operator.partition(".")[0]


def _cases() -> dict[type[Node], Case]:
    """The first case of each node class: the example."""
    found: dict[type[Node], Case] = {}
    for path in sorted(TESTS.glob("*/test_conformance*.py")):
        spec = importlib.util.spec_from_file_location(f"cases_of_{path.parent.name}_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for node, case in module.CASES:
            found.setdefault(node, case)
    return found


def _index(registry: Registry) -> str:
    parts = [_HEAD]
    for family, references in groupby(registry.references(), key=_family):
        rows = [(f"[`{r.operator}`]({family}.md#{_anchor(r)})", r.summary) for r in references]
        parts.append(f"## [{family}]({family}.md)\n\n{table(('operator', 'what it does'), rows)}\n")
    return "\n".join(parts)


def _anchor(reference: NodeReference) -> str:
    return reference.operator.replace(".", "")


def _entry(registry: Registry, reference: NodeReference, case: Case | None) -> str:
    facts = describe(registry, reference)
    node = registry.node_class(reference)
    parts = [f"## {facts['operator']}", sentence(facts["summary"])]
    parts += [prose(facts["description"])] * bool(facts["description"])
    parts.append("\n".join(f"- {line}" for line in _facts(facts, node)))
    if facts["parameters"]:
        rows = [(code(p["name"]), p["type"], _default(p), p["description"]) for p in facts["parameters"]]
        parts.append(table(("parameter", "type", "default", "meaning"), rows))
    for parameter in facts["parameters"]:
        if kinds := parameter.get("kinds"):
            rows = [
                (code(f"{k['name']}: {k['of']}"), "", "", k["description"])
                if k["tells"]
                else (code(k["name"]), k["type"], _default(k), k["description"])
                for k in kinds
            ]
            parts.append(table((f"in {code(parameter['name'])}", "type", "default", "meaning"), rows))
    if case is not None:
        parts += _example(facts["operator"], Subject(node, case))
    return "\n\n".join(parts) + "\n"


def _facts(facts: dict[str, Any], node: type[Node]) -> Iterator[str]:
    version = f", version {facts['version']}" if facts["version"] > 1 else ""
    yield f"{facts['kind']}{version}, of the plugin `{facts['plugin']['name']}`"
    for side in ("inputs", "outputs"):
        if facts[side]:
            yield f"{side}: {'; '.join(_port(p) for p in facts[side])}"
    if facts["extra"]:
        yield f"needs the extra `[{facts['extra']}]`"
    if facts["deprecated"]:
        yield f"deprecated: {facts['deprecated']}"
    yield f"runs on {', '.join(facts['engines'])}"
    if facts["holds_table"]:
        yield "holds the whole table in memory"
    if facts["ordered"]:
        yield "heeds the order of rows"
    if facts["runs_code"]:
        yield "runs code of the flow, which needs `--allow-code`"
    kind = next((k for k in (Source, Transform, Estimator, Sink) if issubclass(node, k)), None)
    if kind is not None:
        own = node.to_pandas is not kind.to_pandas  # type: ignore[attr-defined]
        yield "exports to pandas" if own else "has no form in pandas: an export refuses it"


def _port(port: dict[str, Any]) -> str:
    words = [port["type"], *["optional"] * port["optional"], *["several"] * port["many"]]
    return f"{code(port['name'])} ({', '.join(words)})"


def _default(parameter: dict[str, Any]) -> str:
    return "required" if parameter["required"] else code(json.dumps(parameter["default"], ensure_ascii=False))


def _example(operator: str, subject: Subject) -> Iterator[str]:
    yield "Example:"
    yield f"```yaml\n{_node(operator, subject.case.parameters)}```"
    if issubclass(subject.node_class, Job | Service):  # the kit carries neither out
        return
    outcome = subject.first
    for name, content in subject.case.files.items():
        if isinstance(content, str):
            yield f"With `{name}`:\n\n```text\n{content.rstrip()}\n```"
    for port, frame in subject.example.items():
        yield f"{'In' if port == 'default' else f'In at {code(port)}'}:\n\n{_frame(frame)}"
    if subject.example and not isinstance(outcome.node, Sink):
        effects = (
            {"": outcome.node.effect(subject.schemas(subject.example).table)}
            if isinstance(outcome.node, Estimator | Analysis)
            else subject.effects(outcome, subject.example)
        )
        for port, effect in effects.items():
            at = "" if len(effects) == 1 else f" at {code(port)}"
            yield f"Effect{at}, known before any data is read: {'; '.join(_effect(effect))}."
    if isinstance(report := outcome.outputs.get("report"), Report):
        yield f"Out: a report, {code(report.title)}, of {_blocks(report)}."
    for port, frame in outcome.frames.items():
        yield f"Out{'' if port == 'default' else f' at {code(port)}'}:\n\n{_frame(frame)}"


def _blocks(report: Report) -> str:
    kinds = Counter(b.kind for b in report.blocks)
    return ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in kinds.items())


def _node(operator: str, parameters: Any) -> str:
    head = f"- operator: {operator}\n"
    if not parameters:
        return head
    line = _flow_style(dict(parameters))
    if len(line) < _WIDTH and not any("\n" in str(v) for v in parameters.values()):
        return f"{head}  parameters: {line}\n"
    found = f"{head}  parameters:\n"
    for name, value in parameters.items():
        if isinstance(value, str) and "\n" in value:
            found += f"    {name}: |\n" + "".join(f"      {text}\n" for text in value.splitlines())
        else:
            found += f"    {name}: {_flow_style(value)}\n"
    return found


def _flow_style(value: Any) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("...\n").strip()


def _frame(frame: pl.DataFrame) -> str:
    head = [f"{code(n)}<br>{d}" for n, d in _types(frame)]
    return table(head, [[_value(v) for v in row] for row in frame.head(_SHOWN).rows()])


def _types(frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
    from weirflow.engines.polars_dtypes import from_polars

    for name, dtype in frame.schema.items():
        yield name, str(from_polars(dtype))


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else code(value) if value == "" else str(value)


def _effect(effect: Effect) -> Iterator[str]:
    if effect.opaque:
        yield "nothing can be said: any column may be read, made and dropped, and rows may change"
        return
    for name, made in effect.makes.items():
        of = ", ".join(code(o) for o in made.of)
        dtype = f" ({made.dtype})" if made.dtype else ""
        if made.alias:
            yield f"{code(name)} holds the values of {of}"
        else:
            yield f"makes {code(name)}{dtype} of {of}" if of else f"makes {code(name)}{dtype}"
    if effect.keep is not None:
        yield f"keeps {', '.join(code(n) for n in effect.keep)}"
    if effect.drops:
        yield f"drops {', '.join(code(n) for n in effect.drops)}"
    if effect.reads:
        yield f"reads {', '.join(code(n) for n in effect.reads)}"
    for prefix, origins in effect.opens.items():
        columns = f"columns that begin with {code(prefix)}" if prefix else "columns of any name"
        yield f"makes {columns}, which the fit names, of {', '.join(code(o) for o in origins)}"
    if effect.order is not None:
        yield f"orders columns as {', '.join('the others' if o is ... else code(o) for o in effect.order)}"
    if effect.rows.kept:
        yield "rows stay"
    elif effect.rows.by is None:
        yield "rows change, and any column may decide how"
    else:
        by = ", ".join(code(b) for b in effect.rows.by)
        yield f"rows change, decided by {by}" if by else "rows change, decided by no column"
