"""What a node does to a table's columns and rows, said without any data.

Schema, lineage, waves of fitting and row counts all derive from an `Effect`; the conformance kit proves
it against the real table by shuffling one column at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import TYPE_CHECKING, TypeAlias

from weirflow.node.schema import Column, DType, Open, Schema

if TYPE_CHECKING:
    from weirflow.node.payloads import Inputs

Order: TypeAlias = tuple["str | EllipsisType", ...]
"""Column names and at most one `...`, which stands for all the rest in their old order."""


@dataclass(frozen=True)
class Made:
    """A column that a node makes: from which columns of its input, of which type.

    `of` names the columns whose values it depends on. `dtype` is None where only data can tell.
    An `alias` holds the very values of the one column in `of` (a rename or a copy). `port` names the
    input of `of` where it is not the first, for nodes with several. One that is made of personal columns is
    `personal` itself; one of a node without a table to tell so, where it says so.
    """

    of: tuple[str, ...] = ()
    dtype: DType | None = None
    alias: bool = False
    port: str | None = None
    personal: bool = False


@dataclass(frozen=True)
class Rows:
    """Whether a node keeps its rows (same rows, same order), and if not, which columns decide.

    `by` is None where any column may decide.
    """

    kept: bool = True
    by: tuple[str, ...] | None = ()

    @classmethod
    def changed(cls, by: tuple[str, ...] | None = None) -> Rows:
        """Other rows, or another order, decided by these columns (None: by any)."""
        return cls(kept=False, by=by)


SAME_ROWS = Rows()


@dataclass(frozen=True)
class Effect:
    """What a node does to an input table, the first one unless `port` names another.

    makes: columns made or replaced; one that exists keeps its place, a rename takes the place of the
        column it renames, any other is appended in the order given.
    drops: columns removed. A column made under the same name is not dropped.
    reads: columns read beyond those that `makes` is made of (a filter's, a sort's).
    rows: whether the rows stay.
    opens: slots, appended at the end, whose columns only a fit can name; `of` says what they are made of.
    order: the columns' final order, where the node changes it.
    keep: exactly these columns stay, besides those made (a selection), whatever else is there.
    opaque: nothing can be said: reads all, makes all, any rows. Custom code is opaque.
    port: the input that all this is about, where it is not the first.
    """

    makes: Mapping[str, Made] = field(default_factory=dict)
    drops: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    rows: Rows = SAME_ROWS
    opens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: Order | None = None
    keep: tuple[str, ...] | None = None
    opaque: bool = False
    port: str | None = None

    @classmethod
    def unknown(cls) -> Effect:
        """The effect of code that nobody can read without running it."""
        return cls(opaque=True, rows=Rows.changed())

    def reads_all(self) -> bool:
        """Whether any column of the input may matter."""
        return self.opaque or self.rows.by is None

    def apply(self, schema: Schema, inputs: Inputs[Schema] | None = None) -> Schema:
        """The schema after the node, from the schema before it and, where it has several, those of its inputs."""
        if self.opaque:
            every = [schema] if inputs is None else list(inputs)
            return Schema.unknown(personal=any(s.has_personal for s in every))
        renamed = {m.of[0]: new for new, m in self.makes.items() if m.alias and m.of[0] in self.drops}
        items: list[Column | Open] = []
        placed: set[str] = set()
        dropped = {d for d in self.drops if d not in self.makes} - set(renamed)
        for item in schema.items:
            if isinstance(item, Open):
                if self.keep is None:
                    items.append(item)
                continue
            name = renamed.get(item.name, item.name)
            made = name in self.makes
            if item.name in dropped or (self.keep is not None and not made and name not in self.keep):
                continue
            gone = name in dropped or name in renamed
            if name in placed or (made and name in schema and name != item.name and not gone):
                continue
            items.append(self._column(name, schema, inputs) if made else item)
            placed.add(name)
        if self.keep is not None:  # a column asked for by name that an open slot will hold
            held = [n for n in self.keep if n not in placed and schema.may_have(n)]
            items += [Column(n, personal=schema.is_personal(n)) for n in held]
            placed |= set(self.keep)
        items += [self._column(n, schema, inputs) for n in self.makes if n not in placed]
        items += [Open(p, personal=any(schema.is_personal(o) for o in of)) for p, of in self.opens.items()]
        return Schema(tuple(_reorder(items, self.order) if self.order else items))

    def _column(self, name: str, schema: Schema, inputs: Inputs[Schema] | None) -> Column:
        made = self.makes[name]
        if made.port is not None:
            schema = inputs[made.port] if inputs is not None and made.port in inputs else Schema.unknown()
        origins = [schema.get(o) for o in made.of]
        dtype = made.dtype
        if dtype is None and made.alias and origins and origins[0]:
            dtype = origins[0].dtype
        return Column(name, dtype, personal=made.personal or any(schema.is_personal(o) for o in made.of))


def _reorder(items: list[Column | Open], order: Order) -> list[Column | Open]:
    named = {i.name: i for i in items if isinstance(i, Column)}
    wanted = [o for o in order if isinstance(o, str)]
    rest = [i for i in items if not (isinstance(i, Column) and i.name in wanted)]
    result: list[Column | Open] = []
    for entry in order:
        if isinstance(entry, str):
            result += [named[entry]] if entry in named else []
        else:
            result += rest
    return result
