"""Text: its format, whether it is valid, and columns of it joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

Made: TypeAlias = Callable[[Parameters], dict[str, Any]]
"""Our parameters from theirs, without the columns and the output."""


def edit(operator: str, make: Made, columns: str = "columns") -> Mapper:
    """A mapper of an operator that works on each column by itself, in place or into new columns."""

    def mapper(node: VendorNode) -> Step:
        given = chosen(node)
        names = given.columns("input_column")
        made = make(given) | ({"as_text": True} if columns == "columns" else {})
        output = given.optional("output_column")
        if columns == "columns" and (output is None or len(names) == 1):
            named = {} if output is None else {"output": output}
            return Step(operator, {"columns": names, **made, **named})
        made_of = {c: c for c in names}
        if output is not None:
            made_of = {c: output if len(names) == 1 else f"{output}_{c}" for c in names}
        first, *rest = (
            Step(operator, {columns: [c] if columns == "columns" else c, **made, "output": new})
            for c, new in made_of.items()
        )
        return Step(first.operator, first.parameters, then=tuple(rest))

    return mapper


def like(given: Parameters, *words: str) -> str:
    """The name of the option that one of the words is in; the first word where there is none."""
    for word in words:
        for key in given.found:
            if word in key and key not in {"input_column", "output_column"}:
                return key
    return words[0]


_SYMBOLS = "!@#$%^&*()_+=-/\\`~{}|<>?"
"""What the service removes where nothing is named."""


def _symbols(given: Parameters) -> dict[str, Any]:
    return {"characters": given.optional("symbols") or _SYMBOLS}


def _case(to: str) -> Mapper:
    return edit("text.case", lambda _: {"to": to})


def _strip(side: str) -> Mapper:
    def make(given: Parameters) -> dict[str, Any]:
        if given.found.get("characters_to_remove") == "":
            raise UnmappedError("it strips no characters")
        characters = given.optional("characters_to_remove") or given.optional("symbols")
        return {"side": side} | ({} if characters is None else {"characters": characters})

    return edit("text.strip", make)


def _pad(side: str, character: str = "") -> Mapper:
    def make(given: Parameters) -> dict[str, Any]:
        found = given.found.get(like(given, "fill", "char", "pad"))
        put = character or (" " if found is None else str(found))
        width = given.integer(like(given, "width", "length"))
        if width < 1 or len(put) != 1:
            raise UnmappedError(
                f"its width is {width}" if width < 1 else "it pads with other than one character"
            )
        made = {"width": width, "side": side, "character": put}
        return (
            made if side == "both" else {**made, "truncate": True}
        )  # Spark's pads truncate, Python's does not

    return edit("text.pad", make)


def _affix(given: Parameters) -> dict[str, Any]:
    made = {k: v for k in ("prefix", "suffix") if (v := given.optional(k)) is not None}
    if not made:
        raise UnmappedError("it has neither prefix nor suffix")
    return made


_CHECKS = {
    "starts with": "starts_with",
    "ends with": "ends_with",
    "alphanumeric": "alphanumeric",
    "alnum": "alphanumeric",
    "alpha": "letters",
    "digit": "digits",
    "space": "space",
    "title": "title",
    "lower": "lower",
    "upper": "upper",
    "numeric": "numeric",
    "decimal": "decimal",
    "length": "length",
}
"""By a word of theirs; of two that a label holds, the first counts."""


def _validate(node: VendorNode) -> Step:
    check = next((ours for word, ours in _CHECKS.items() if word in node.label.lower()), None)
    if check is None:
        raise UnmappedError(f"'{node.label}' has no equal")

    def make(given: Parameters) -> dict[str, Any]:
        made: dict[str, Any] = {"check": check, "type": "int64"}
        if check == "length":
            for ours, words in (("minimum", ("min",)), ("maximum", ("max",))):
                key = like(given, *words)
                if given.found.get(key) not in {None, ""}:
                    made[ours] = given.integer(key)
            if len(made) == 2:  # noqa: PLR2004 - neither was there
                made["minimum"] = made["maximum"] = given.integer("length")
        elif check in {"starts_with", "ends_with"}:
            made["text"] = given.text(
                like(given, "prefix", "suffix", "substring", "pattern", "string", "value")
            )
        return made

    return edit("text.validate", make)(node)


def _concat(node: VendorNode) -> Step:
    found = node.parameters.get("concat_columns_parameters")
    given = Parameters(found, node) if isinstance(found, Mapping) else chosen(node)
    columns = [given.text("left_column"), given.text("right_column")]
    delimiter = given.found.get("delimiter")
    made: dict[str, Any] = {
        "columns": list(dict.fromkeys(columns)),
        **({"twice": True} if columns[0] == columns[1] else {}),
        "delimiter": delimiter if isinstance(delimiter, str) else "_",
        "missing": "skip",
        "output": given.optional("output_column") or given.optional("new_column") or "_".join(columns),
    }
    return Step("columns.concat", made)


_FORMATS: Mapping[str, Mapper] = {
    "Lower case": _case("lower"),
    "Upper case": _case("upper"),
    "Title case": _case("title"),
    "Capitalize": _case("capitalised"),
    "Swap case": _case("swapped"),
    "Remove symbols": edit("text.remove", _symbols),
    "Strip left and right": _strip("both"),
    "Strip left": _strip("left"),
    "Strip characters from left": _strip("left"),
    "Strip right": _strip("right"),
    "Strip characters from right": _strip("right"),
    "Left pad": _pad("left"),
    "Right pad": _pad("right"),
    "Center": _pad("both"),
    "Center (pad on either side)": _pad("both"),
    "Prepend zeros": _pad("left", "0"),
    "Add prefix": edit("text.affix", _affix),
    "Add suffix": edit("text.affix", _affix),
    "Add prefix or suffix": edit("text.affix", _affix),
}

MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    **{("spark.format_string", label): mapper for label, mapper in _FORMATS.items()},
    ("spark.validate_string", None): _validate,
    ("spark.manage_columns", "Concatenate columns"): _concat,
}
