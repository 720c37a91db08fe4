"""What a change of a flow means: two flows compared node by node, blind to how they are written down."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from weirflow.plan.match import Pairs, match
from weirflow.plan.sides import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from weirflow.plan.sides import Facts, Side

ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "ABSENT"})()
"""What a change has on the side where there is nothing."""


@dataclass(frozen=True)
class Change:
    """A value that differs; `defaults` are the sides, of `old` and `new`, on which it is a default left unsaid."""

    name: str
    old: Any = ABSENT
    new: Any = ABSENT
    defaults: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Moved:
    """Something that is there on both sides: its name now, its name before, and what differs."""

    name: str
    was: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Named:
    """Named things of two flows: those only in the new one, those only in the old one, and those that differ."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Moved, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True)
class NodeChange(Moved):
    """A node that differs: `changes` are those of its parameters, `inputs` and `others` the rest."""

    operator: Change | None = None
    inputs: tuple[Change, ...] = ()
    others: tuple[Change, ...] = ()

    @property
    def renamed(self) -> bool:
        """Whether it has another id."""
        return self.name != self.was


@dataclass(frozen=True)
class Stale:
    """A node whose trained parameters no longer belong to it, why, and the nodes whose change is the cause."""

    node: str
    reason: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All that differs. `raw` are the operators whose plugins are missing: their nodes are compared as written."""

    flow: tuple[Change, ...]
    parameters: Named
    nodes: Named
    outputs: Named
    tests: Named
    stale: tuple[Stale, ...]
    raw: tuple[str, ...] = field(default=(), compare=False)

    @property
    def equal(self) -> bool:
        """Whether the two mean the same."""
        return not any(getattr(self, f.name) for f in fields(self) if f.name != "raw")


def compare(old: Side, new: Side) -> Comparison:
    """Compare two flows."""
    pairs = match(old, new)
    left = {*old.nodes} - {*pairs.values()}
    changed = (_node(old.nodes[pairs[n]], f, old, new, pairs) for n, f in new.nodes.items() if n in pairs)
    return Comparison(
        flow=_flow(old, new),
        parameters=_parameters(old, new),
        nodes=Named(
            tuple(n for n in new.nodes if n not in pairs),
            tuple(n for n in old.nodes if n in left),
            tuple(c for c in changed if c is not None),
        ),
        outputs=_named(
            {n: {"from": v} for n, v in old.written.outputs.items()},
            {n: {"from": v} for n, v in new.written.outputs.items()},
        ),
        tests=_tests(old, new),
        stale=tuple(_stale(old, new, pairs)),
        raw=tuple(dict.fromkeys(f.spec.operator for s in (old, new) for f in s.nodes.values() if f.raw)),
    )


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> list[Change]:
    """The values that differ between two mappings; inside mappings each entry, as `mapping.key`."""
    found: list[Change] = []
    for name in [*new, *(k for k in old if k not in new)]:
        a, b = old.get(name, ABSENT), new.get(name, ABSENT)
        here = f"{path}.{name}" if path else str(name)
        if isinstance(a, dict) and isinstance(b, dict) and a and b:
            found += differences(a, b, here)
        elif a is ABSENT or b is ABSENT or not same(a, b):
            found.append(Change(here, a, b))
    return found


def _flow(old: Side, new: Side) -> tuple[Change, ...]:
    a, b = old.flow, new.flow
    found = []
    unnamed = a.name == a.file.stem and b.name == b.file.stem  # named after their files, which may differ
    if a.name != b.name and not unnamed:
        found.append(Change("name", a.name, b.name))
    found += _texts(a, b, "description")
    if a.seed != b.seed:
        found.append(Change("seed", a.seed, b.seed))
    if {*a.requires} != {*b.requires}:
        found.append(Change("requires", sorted(a.requires) or ABSENT, sorted(b.requires) or ABSENT))
    return tuple(found)


def _texts(old: object, new: object, *names: str) -> Iterator[Change]:
    """Texts for people that differ; how their lines are broken at the end does not count."""
    for name in names:
        a, b = (getattr(side, name).strip() or ABSENT for side in (old, new))
        if a is not b and a != b:
            yield Change(name, a, b)


def _parameters(old: Side, new: Side) -> Named:
    def facts(side: Side) -> dict[str, dict[str, Any]]:
        return {
            n: {
                "type": p.type,
                "required": p.required,
                "default": p.default,
                "description": p.description.strip(),
            }
            for n, p in side.flow.parameters.items()
        }

    return _named(facts(old), facts(new), old.written.parameters, new.written.parameters)


def _tests(old: Side, new: Side) -> Named:
    def cases(side: Side) -> dict[str, dict[str, Any]]:
        bodies = [case if isinstance(case, dict) else {"case": case} for case in side.flow.tests]
        return {str(body.get("name", f"case {i}")): body for i, body in enumerate(bodies, 1)}

    named = _named(cases(old), cases(new))
    changed = tuple(  # which parts differ, and not how: rows of a mock are no message
        Moved(
            m.name, m.was, tuple(Change(n) for n in dict.fromkeys(c.name.split(".", 1)[0] for c in m.changes))
        )
        for m in named.changed
    )
    return Named(named.added, named.removed, changed)


def _named(
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    refers_old: Mapping[str, str] | None = None,
    refers_new: Mapping[str, str] | None = None,
) -> Named:
    changed = []
    for name in new:
        if name in old:
            found = differences(old[name], new[name])
            if not found:
                found = _rewritten(_below(refers_old, name), _below(refers_new, name), old[name], new[name])
            if found:
                changed.append(Moved(name, name, tuple(found)))
    return Named(tuple(n for n in new if n not in old), tuple(n for n in old if n not in new), tuple(changed))


def _below(references: Mapping[str, str] | None, name: str) -> dict[str, str]:
    given = references or {}
    inside = {k.removeprefix(f"{name}."): v for k, v in given.items() if k.startswith(f"{name}.")}
    return inside | ({"default": given[name]} if name in given else {})


def _node(old: Facts, new: Facts, a: Side, b: Side, pairs: Pairs) -> NodeChange | None:
    """What differs between two nodes that are one; None where nothing does."""
    raw = old.raw or new.raw
    values = (old.spec.parameters, new.spec.parameters) if raw else (old.values, new.values)
    found = [_with_defaults(c, old, new, raw=raw) for c in differences(*values)]
    found = [c for c in found if not (c.defaults and ABSENT in (c.old, c.new))]  # another operator's defaults
    named = {c.name.split(".", 1)[0] for c in found}
    rewritten = _rewritten(a.written.nodes[old.id], b.written.nodes[new.id], *values)
    found += [c for c in rewritten if c.name.split(".", 1)[0] not in named]
    operator = Change("operator", old.operator, new.operator) if old.operator != new.operator else None
    inputs, others = _inputs(old, new, pairs), _others(old, new)
    if not (found or operator or inputs or others or old.id != new.id):
        return None
    return NodeChange(new.id, old.id, tuple(found), operator, inputs, others)


def _with_defaults(change: Change, old: Facts, new: Facts, *, raw: bool) -> Change:
    name = change.name.split(".", 1)[0]
    unsaid = {"old": old, "new": new} if not raw else {}
    defaults = frozenset(
        side for side, f in unsaid.items() if getattr(change, side) is not ABSENT and name not in f.said
    )
    return Change(change.name, change.old, change.new, defaults)


def _rewritten(
    old: Mapping[str, str], new: Mapping[str, str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Change]:
    """Values that are the same in this run, and would not be in another: they refer to something else."""
    return [
        Change(n, old.get(n, _value(before, n)), new.get(n, _value(after, n)))
        for n in dict.fromkeys([*new, *old])
        if old.get(n) != new.get(n)
    ]


def _value(values: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(values, dict) and part in values:
            values = values[part]
        elif isinstance(values, (list, tuple)) and part.isdecimal() and int(part) < len(values):
            values = values[int(part)]
        else:
            return values if isinstance(values, (str, int, float)) else ABSENT
    return values


def _inputs(old: Facts, new: Facts, pairs: Pairs) -> tuple[Change, ...]:
    """Inputs that come from elsewhere; a node that only has a new name is where it was."""
    renamed = {was: now for now, was in pairs.items()}

    def fed(facts: Facts, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
        return [(i.port, names.get(i.source, f"\0{i.source}"), i.output) for i in facts.inputs]

    a, b = fed(old, renamed), fed(new, {n: n for n in pairs})
    if len(a) == len(b) and all(
        x == y or (i.bound is not j.bound and x[1] == y[1] and _may_be(x, y))
        for x, y, i, j in zip(a, b, old.inputs, new.inputs, strict=True)
    ):
        return ()
    ports = dict.fromkeys([i.port for i in new.inputs] + [i.port for i in old.inputs])
    found = []
    for port in ports:
        before, after = ([x for x in side if x[0] == port] for side in (a, b))
        if before != after:
            found.append(Change(port or "default", _joined(old, port), _joined(new, port)))
    return tuple(found) or (Change("order", _joined(old), _joined(new)),)


def _may_be(old: tuple[str, str, str], new: tuple[str, str, str]) -> bool:
    """Whether two inputs may be one, of which one side does not know all the names."""
    return all(a == b or not a or not b for a, b in zip(old, new, strict=True))


def _joined(facts: Facts, port: str | None = None) -> Any:
    names = [str(i) for i in facts.inputs if port is None or i.port == port]
    return ABSENT if not names else names[0] if len(names) == 1 else names


def _others(old: Facts, new: Facts) -> tuple[Change, ...]:
    """What a node says besides: words for people, whether its table is kept, its seed."""
    found = [*_texts(old.spec, new.spec, "title", "description")]
    if {*old.spec.tags} != {*new.spec.tags}:
        found.append(Change("tags", list(old.spec.tags) or ABSENT, list(new.spec.tags) or ABSENT))
    if old.spec.cache != new.spec.cache:
        found.append(Change("cache", old.spec.cache, new.spec.cache))
    own = old.spec.seed is not None or new.spec.seed is not None  # the flow's seed is compared with the flow
    if own and old.seed != new.seed and "seed" not in new.values:
        found.append(Change("seed", old.seed, new.seed))
    return tuple(found)


def _stale(old: Side, new: Side, pairs: Pairs) -> Iterable[Stale]:
    """The nodes that have learned something which no longer belongs to them."""
    for facts in new.nodes.values():
        before = old.nodes.get(pairs.get(facts.id, ""))
        if not facts.trains or before is None or not before.trains:
            continue
        if before.id != facts.id:
            yield Stale(facts.id, f"what it learned is recorded for '{before.id}'", (facts.id,))
        elif old.recipes[before.id] != new.recipes[facts.id]:
            because = tuple(dict.fromkeys(_causes(facts.id, old, new, pairs, set())))
            yield Stale(facts.id, _why(before, facts, because), because)


def _why(before: Facts, facts: Facts, because: Sequence[str]) -> str:
    if facts.id not in because:
        listed = ", ".join(f"'{n}'" for n in because)
        return f"{listed} changed above it" if because else "what feeds it changed"
    if before.operator != facts.operator:
        return f"operator changed: {before.operator} -> {facts.operator}"
    changed = dict.fromkeys(c.name.split(".", 1)[0] for c in differences(before.meaning, facts.meaning))
    return f"parameters changed: {', '.join(changed)}" if changed else "inputs changed"


def _causes(node: str, old: Side, new: Side, pairs: Pairs, seen: set[str]) -> Iterable[str]:
    """The nearest nodes, from this one upwards, that changed themselves."""
    if node in seen:
        return
    seen.add(node)
    facts, before = new.nodes[node], old.nodes.get(pairs.get(node, ""))
    if (
        before is None
        or before.operator != facts.operator
        or not same(before.meaning, facts.meaning)
        or _inputs(before, facts, pairs)
    ):
        yield node
        return
    for source in (i.source for i in facts.inputs if i.source in new.nodes):
        if new.recipes[source] != old.recipes.get(pairs.get(source, "")):
            yield from _causes(source, old, new, pairs, seen)
