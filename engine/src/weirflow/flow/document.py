"""One flow file, opened: its data, once it is known to be a weirflow flow of a format that is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from weirflow.errors import Diagnostic, Where, did_you_mean
from weirflow.flow.imported import flow_text
from weirflow.flow.model import FORMAT
from weirflow.flow.problems import Problems, Section
from weirflow.flow.read import Reader, normalize, parse, read_file
from weirflow.flow.scalars import kind, shown
from weirflow.node.imported import ImportedFlow

KEYS = (
    "flow", "name", "description", "seed", "parameters", "nodes", "tests", "inputs", "outputs", "requires",
)  # fmt: skip


Importing: TypeAlias = Callable[[Mapping[Any, Any]], tuple[str, ImportedFlow] | Diagnostic | None]
"""Reads the data of another program's file; gives the program and the flow, what is wrong with it, or None."""


@dataclass(frozen=True)
class Document:
    """A flow file. `data` is None where it cannot be read as a flow, which is in `diagnostics`."""

    file: Path  # absolute
    display: str
    data: dict[Any, Any] | None
    diagnostics: tuple[Diagnostic, ...]
    imported: ImportedFlow | None = None  # where the file is another program's

    @property
    def base(self) -> Path:
        """The folder that the flow's locations are relative to."""
        return self.file.parent


def display_name(path: Path) -> str:
    """How messages call a file: relative to the current folder where it lies inside it, else as given."""
    try:
        inside = path.absolute().relative_to(Path.cwd())
    except ValueError:
        return str(path)
    return str(inside)


def open_document(
    path: Path,
    display: str,
    sources: dict[str, str],
    text: str | None = None,
    read_text: Reader = read_file,
    importing: Importing | None = None,
) -> Document:
    """Read a file, or the text given in its place; its text goes into `sources`.

    `importing` knows other programs' files. What it makes of one is read as if the file held the text of it, which
    `weirflow import` writes: positions are those of that text.
    """
    file = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, and a flow's folder is where it was found
    if text is None:
        read = read_text(path, display)
        if read.text is None:
            return Document(file, display, None, read.diagnostics)
        text = read.text
    else:
        text = normalize(text)
    sources[display] = text
    if text.lstrip()[:1] == "<":
        diagnostic = Diagnostic(
            "WF105",
            "this is XML or HTML, and a flow is YAML or JSON",
            Where(display, line=1),
            hint="other software has files that end in .flow too; open it there",
        )
        return Document(file, display, None, (diagnostic,))
    if text.lstrip()[:2] in {"//", "/*"}:
        diagnostic = Diagnostic(
            "WF105",
            "this is the code of a program, and a flow is YAML or JSON",
            Where(display, line=1),
            hint="other software has files that end in .flow too; comments of a flow begin with '#'",
        )
        return Document(file, display, None, (diagnostic,))
    parsed = parse(text, display)
    if not parsed.complete:
        return Document(file, display, None, parsed.diagnostics)
    foreign = importing(parsed.data) if importing and _is_foreign(parsed.data) else None
    if isinstance(foreign, Diagnostic):
        place = foreign.where.path if foreign.where is not None else ()
        return Document(file, display, None, (replace(foreign, where=Where(display, place)),))
    if foreign is not None:
        sources[display] = text = flow_text(foreign[1], file.stem)
        parsed = parse(text, display)
    problems = Problems(sources)
    data = _flow(Section(problems, Where(display)), parsed.data)
    imported = foreign[1] if foreign is not None else None
    return Document(file, display, data, (*parsed.diagnostics, *problems.found), imported)


def _is_foreign(data: Any) -> bool:
    return isinstance(data, dict) and "flow" not in data


def _flow(section: Section, data: Any) -> dict[Any, Any] | None:
    """The document's mapping if it is a flow of a format that is read."""
    if data is None:
        section.error(
            "WF105", "the file holds comments alone", hint="begin it with 'flow: 1' and a list of 'nodes'"
        )
        return None
    if not isinstance(data, dict):
        section.error(
            "WF105",
            f"a flow is a mapping with 'flow' and 'nodes', and this is {kind(data)}",
            hint="begin it with 'flow: 1', and put the list under 'nodes:'"
            if isinstance(data, list)
            else None,
        )
        return None
    nodes = data.get("nodes")
    if "flow" not in data:
        first = nodes[0] if isinstance(nodes, list) and nodes else None
        metadata = data.get("metadata")
        if (
            isinstance(first, dict)
            and "node_id" in first
            and isinstance(metadata, dict)
            and "version" in metadata
        ):
            section.error(
                "WF105",
                "this is a SageMaker Data Wrangler flow, and its importer is not installed",
                hint="install the plugin family 'datawrangler'",
            )
        elif "nodes" in data:
            near = next((str(k) for k in data if did_you_mean("flow", [str(k)])), None)
            hint = f"did you mean 'flow' for '{near}'?" if near else f"begin the file with 'flow: {FORMAT}'"
            section.error("WF202", "the key 'flow', which names the format's version, is missing", hint=hint)
        else:
            section.error(
                "WF105",
                "this is not a weirflow flow: it has neither 'flow' nor 'nodes'",
                hint=f"a flow begins with 'flow: {FORMAT}' and has a list of 'nodes'",
            )
        return None
    version = data["flow"]
    if isinstance(version, int) and not isinstance(version, bool) and version == FORMAT:
        return data
    if not isinstance(version, (int, float, str)) and "nodes" not in data:
        section.error(
            "WF105",
            "this is a flow of other software: 'flow' should be a version, and 'nodes' a list",
            "flow",
        )
        return None
    if isinstance(version, int) and version > FORMAT:
        message, hint = (
            f"the flow is of format {version}, and this weirflow reads {FORMAT}",
            "install a newer weirflow",
        )
    else:
        message, hint = (
            f"'flow' should be {FORMAT}, the format's version, and is {shown(version)}",
            f"write 'flow: {FORMAT}'",
        )
    section.error("WF106", message, "flow", hint=hint)
    return None
