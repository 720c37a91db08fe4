"""Manifests in SQL: what their labels look like, by type, and the rows that these become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from weirflow_labels.readers.manifest_pairs import ENDING, PREFIX, SOURCES, Pair
from weirflow_labels.readers.manifest_types import Map, Type, sql
from weirflow_labels.spelling import literal, quoted

COMMON = (*("type", "job-name", "job_name", "class-name", "adjustment-status", "worker-feedback"),)
"""Keys of metadata that columns have, whatever is in them."""

METADATA: Type = Map("JSON")

_CLASSES = ("class-map", "class_map")


@dataclass(frozen=True)
class Shape:
    """What labels of a type look like, and which rows of `annotations` they are.

    value: the type of the label. metadata: of what is read of its metadata. lists: what is taken apart, side by side,
    by name; the first is the one that counts. columns: of the rows, by what is in those. consumed: the keys of
    metadata that are then in rows. size: where the image's size is in the value. kept: whether the value is in
    `labels` too.
    """

    name: str
    value: Type = "JSON"
    metadata: dict[str, Type] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    consumed: tuple[str, ...] = ()
    size: str | None = None
    kept: bool = False


_NAMED: dict[str, Type] = {"class-map": Map("VARCHAR"), "class_map": Map("VARCHAR")}
_OBJECTS: dict[str, Type] = {"objects": [{"confidence": "JSON"}]}
_CONFIDENCE = "TRY_CAST(o.confidence->>'$' AS DOUBLE)"


def _class_of(key: str) -> str:
    return f'coalesce(m."class-map"[{key}], m.class_map[{key}])'


_POINT = ("center-x", "center-y", "center-z", "length", "width", "height", "roll", "pitch", "yaw")

_BOX: dict[str, Type] = {"class_id": "VARCHAR", **dict.fromkeys(("left", "top", "width", "height"), "DOUBLE")}
BOX = Shape(
    "box",
    {
        "image_size": [{"width": "INTEGER", "height": "INTEGER"}],
        "annotations": [_BOX],
    },
    {"class-map": Map("VARCHAR"), "objects": [{"confidence": "DOUBLE"}]},
    {"a": "v.annotations", "o": "m.objects"},
    {
        "class_id": "a.class_id",
        "class_name": 'm."class-map"[a.class_id]',
        "confidence": "o.confidence",
        **{side: f'a."{side}"' for side in ("left", "top", "width", "height")},
    },
    consumed=("class-map", "objects"),
    size="v.image_size[1]",
)

SPAN = Shape(
    "span",
    {"annotations": {"entities": [{"label": "VARCHAR", "startOffset": "BIGINT", "endOffset": "BIGINT"}]}},
    {"entities": [{"confidence": "DOUBLE"}]},
    {"a": "v.annotations.entities", "o": "m.entities"},
    {
        "class_name": "a.label",
        "confidence": "o.confidence",
        "text_start": 'a."startOffset"',
        "text_end": 'a."endOffset"',
    },
    consumed=("entities",),
)

_BLOCK: dict[str, Type] = {
    "object-name": "VARCHAR",
    "class-id": "VARCHAR",
    "label-category-attributes": Map("VARCHAR"),
    **dict.fromkeys(_POINT, "DOUBLE"),
}
CUBOID = Shape(
    "cuboid",
    {"annotations": [_BLOCK]},
    {**_NAMED, **_OBJECTS},
    {"a": "v.annotations", "o": "m.objects"},
    {
        "class_id": 'a."class-id"',
        "class_name": _class_of('a."class-id"'),
        "confidence": _CONFIDENCE,
        "object_name": 'a."object-name"',
        "attributes": 'a."label-category-attributes"',
        "cuboid": "{" + ", ".join(f"'{k.replace('-', '_')}': a.\"{k}\"" for k in _POINT) + "}",
    },
    consumed=(*_CLASSES, "objects"),
)

_COLORS: Type = Map({"class-name": "VARCHAR", "hex-color": "VARCHAR", "confidence": "DOUBLE"})
MASK = Shape(
    "mask",
    "VARCHAR",
    {"internal-color-map": _COLORS, "color-map": _COLORS},
    {"a": 'map_entries(coalesce(m."internal-color-map", m."color-map"))'},
    {
        "class_id": "a.key",
        "class_name": 'a."value"."class-name"',
        "confidence": 'a."value".confidence',
        "color": 'a."value"."hex-color"',
        "mask_uri": "v",
    },
    consumed=("internal-color-map", "color-map"),
    kept=True,
)

CLASSES = Shape(
    "class",
    ["VARCHAR"],
    {**_NAMED, "confidence-map": Map("DOUBLE")},
    {"a": "v"},
    {"class_id": "a", "class_name": _class_of("a"), "confidence": 'm."confidence-map"[a]'},
    consumed=(*_CLASSES, "confidence-map"),
)

ONE_CLASS = Shape("one class", kept=True)
OTHER = Shape("other", kept=True)


def shape(pair: Pair) -> Shape:
    """What the labels of a pair look like."""
    known = {
        "object-detection": BOX,
        "text-span": SPAN,
        "point-cloud-object-detection": CUBOID,
    }
    task = pair.task_type
    if task in known:
        return known[task]
    for ending, found in (
        ("semantic-segmentation", MASK),
        ("-multilabel", CLASSES),
        ("classification", ONE_CLASS),
        ("label-verification", ONE_CLASS),
    ):
        if task.endswith(ending):
            return found
    return OTHER


@dataclass(frozen=True)
class Scan:
    """A file to read, with the bytes that its longest line may have."""

    path: str
    largest: int

    def columns(self, types: dict[str, Type], names: dict[str, str]) -> str:
        """A query for columns of all its lines, with `line_no` from 1, the columns in `names` by other names."""
        listed = ", ".join(f"{quoted(name)}: {literal(sql(kind))}" for name, kind in types.items())
        shown = ", ".join(f"{quoted(name)} AS {alias}" for name, alias in names.items())
        return (
            f"SELECT row_number() OVER () AS line_no, {shown} FROM read_json({literal(self.path)},"  # noqa: S608
            f" format = 'newline_delimited', records = 'true', maximum_object_size = {self.largest},"
            f" columns = {{{listed}}})"
        )

    def pair(self, pair: Pair, value: Type, metadata: Type) -> str:
        """A query for the lines that a pair labels: `source`, `source_kind`, value `v` and metadata `m`.

        It fails where the attribute has labels of another type on a line, whose values would be lost.
        """
        meta = pair.key + ENDING
        types: dict[str, Type] = {**dict.fromkeys(SOURCES, "VARCHAR"), pair.key: value, meta: metadata}
        names = {"source-ref": "ref", "source": "words", pair.key: "v", meta: "m"}
        named = "m['type']->>'$'" if isinstance(metadata, Map) else 'm."type"'
        return (
            f"SELECT line_no, coalesce(ref, words) AS source,"  # noqa: S608
            f" CASE WHEN ref IS NOT NULL THEN 'ref' WHEN words IS NOT NULL THEN 'text' END AS source_kind, v, m"
            f" FROM ({self.columns(types, names)}) WHERE CASE WHEN lower({named}) = {literal(pair.type)} THEN true"
            f" WHEN starts_with(lower({named}), '{PREFIX}') THEN error('labels of several types')"
            f" ELSE false END"
        )


def annotation_rows(scan: Scan, pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """The rows of `annotations`: for each pair that has any, the columns' expressions, and under `FROM` of what."""
    return [_annotation(scan, pair) for pair in pairs if shape(pair).lists]


def label_rows(scan: Scan, pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """The rows of `labels`, in the same way."""
    return [_label(scan, pair) for pair in pairs]


def _annotation(scan: Scan, pair: Pair) -> dict[str, str]:
    look = shape(pair)
    names: dict[str, Type] = dict.fromkeys(("type", "job-name", "job_name"), "VARCHAR")
    inner = scan.pair(pair, look.value, names | look.metadata)
    first = next(iter(look.lists.values()))
    job = _without_prefix('coalesce(m."job-name", m.job_name)')  # once a line, not once a row
    taken = ", ".join(f"unnest({values}) AS {name}" for name, values in look.lists.items())
    doubles = {"confidence", "left", "top", "width", "height"}
    return {
        "line_no": "line_no",
        "source": "source",
        "label_attribute": literal(pair.attribute),
        "task_type": literal(pair.task_type),
        "job_name": "job_name",
        "idx": "idx - 1",
        "shape": literal(look.name),
        **{c: f"nullif({e}, 'nan'::DOUBLE)" if c in doubles else e for c, e in look.columns.items()},
        # parallel lists are padded with nulls where they are shorter, and cut where they are longer
        "FROM": f"(SELECT line_no, source, v, m, {job} AS job_name, {taken},"  # noqa: S608
        f" generate_subscripts({first}, 1) AS idx FROM ({inner})) WHERE idx IS NOT NULL",
    }


def _label(scan: Scan, pair: Pair) -> dict[str, str]:
    look = shape(pair)
    value: Type = "JSON"
    if look.size is not None and isinstance(look.value, dict):
        value = {"image_size": look.value["image_size"]}
    consumed = ", ".join(literal(k) for k in (*COMMON, *look.consumed))
    created = "TRY_CAST(coalesce(m['creation-date'], m['creation_date'])->>'$' AS TIMESTAMPTZ)"
    said = "lower(coalesce(m['human-annotated'], m['human_annotated'])->>'$')"
    human = f"CASE WHEN {said} IN ('yes', 'true') THEN true WHEN {said} IN ('no', 'false') THEN false END"
    feedback = "m['worker-feedback']"
    spoken = f"array_to_string(json_extract_string({feedback}, '$[*].comment'), chr(10))"
    comment = f"coalesce(nullif({spoken}, ''), nullif({feedback}->>'$', '[]'))"
    rest = (
        f"list_filter(map_entries(m), lambda e: e.key NOT IN ({consumed})"
        " AND NOT (created IS NOT NULL AND e.key IN ('creation-date', 'creation_date'))"
        " AND NOT (human IS NOT NULL AND e.key IN ('human-annotated', 'human_annotated'))"
        " AND NOT (confidence IS NOT NULL AND e.key = 'confidence'))"
    )
    inner = (
        f"SELECT *, {created} AS created, {human} AS human,"  # noqa: S608
        f" nullif(TRY_CAST(m['confidence']->>'$' AS DOUBLE), 'nan'::DOUBLE) AS confidence"
        f" FROM ({scan.pair(pair, value, METADATA)})"
    )
    one = "CASE WHEN json_type(v) NOT IN ('OBJECT', 'ARRAY') THEN v->>'$' END"
    return {
        **{c: c for c in ("line_no", "source", "source_kind", "created", "human", "confidence")},
        "label_attribute": literal(pair.attribute),
        "task_type": literal(pair.task_type),
        "job_name": _without_prefix("coalesce(m['job-name'], m['job_name'])->>'$'"),
        **({"class_id": one} if look is ONE_CLASS else {}),
        "class_name": "m['class-name']->>'$'",
        "adjustment_status": "m['adjustment-status']->>'$'",
        "comment": comment,
        **({"image_width": f"{look.size}.width", "image_height": f"{look.size}.height"} if look.size else {}),
        **({"value": "v"} if look.kept else {}),
        "metadata": "CASE WHEN len(rest) > 0 THEN to_json(map_from_entries(rest)) END",
        "FROM": f"(SELECT *, {rest} AS rest FROM ({inner}))",  # noqa: S608
    }


def _without_prefix(name: str) -> str:
    return f"regexp_replace({name}, '^labeling-job/', '')"


def other_types(scan: Scan, expected: Mapping[str, str | None]) -> str:
    """A query that counts labels of other types than those expected, by attribute; None where none is."""
    counts = (
        f"SELECT count(*) AS n FROM ({scan.columns({name + ENDING: 'JSON'}, {name + ENDING: 'm'})})"  # noqa: S608
        f" WHERE starts_with(lower(m->>'$.type'), '{PREFIX}')"
        + ("" if kind is None else f" AND lower(m->>'$.type') <> {literal(kind)}")
        for name, kind in expected.items()
    )
    return f"SELECT sum(n) FROM ({' UNION ALL '.join(counts)})"  # noqa: S608


def union(rows: Sequence[Mapping[str, str]], columns: Mapping[str, str]) -> str:
    """Rows as one query with the same columns for all, by their expressions here or, by the same name, in the rows."""
    queries = []
    for row in rows:
        listed = ", ".join(f"{row.get(name, default)} AS {quoted(name)}" for name, default in columns.items())
        queries.append(f"SELECT {listed} FROM {row['FROM']}")  # noqa: S608
    return " UNION ALL ".join(queries)


def check(scan: Scan) -> str:
    """A query that reads all lines, for files in which nothing is labelled."""
    return f"SELECT count(words) FROM ({scan.columns({'source': 'VARCHAR'}, {'source': 'words'})})"  # noqa: S608
