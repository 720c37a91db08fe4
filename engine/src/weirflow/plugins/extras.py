"""Optional dependencies: which of an extra are missing, and the command that brings them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "weirflow"

# Nearly all requirements are a name with a lower bound, and most are met. Telling so by hand spares every verb the
# import of `packaging`, which judges the rest.
_PLAIN = re.compile(
    r"(?P<name>[\w.-]+)(?P<more>\[.*\])?>=(?P<bound>\d+(?:\.\d+)*);"
    r" extra == ['\"](?P<extra>[\w.-]+)['\"]"
)
_RELEASE = re.compile(r"(\d+(?:\.\d+)*)(?:\.post\d+)?")


def install_command(extra: str, distribution: str = DISTRIBUTION) -> str:
    """The shell command that installs an extra the way its distribution was installed.

    It is right when typed in the current folder: a checkout installed with `-e` stays editable, environments
    made by uv have no pip, and one that is not active is named.
    """
    checkout = _checkout(distribution)
    if checkout is None:
        return f"{_installer()} {shlex.quote(f'{distribution}[{extra}]')}"
    folder = "." if checkout == Path.cwd() else str(checkout)
    return f"{_installer()} -e {shlex.quote(f'{folder}[{extra}]')}"


def missing(extra: str, distribution: str = DISTRIBUTION) -> tuple[str, ...]:
    """The requirements of an extra that are not installed, or too old, as `altair>=5.5`.

    Empty also where the metadata knows no such distribution or extra: an import will tell.
    """
    try:
        texts = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return ()
    unsure = [text for text in texts if "extra" in text and not _is_plain(text, extra)]
    if not unsure:
        return ()
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lacking: dict[str, None] = {}
    for text in unsure:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": ""}) or not marker.evaluate({"extra": extra}):
            continue
        if canonicalize_name(requirement.name) == canonicalize_name(distribution):
            for other in sorted(requirement.extras - {extra}):
                lacking.update(dict.fromkeys(missing(other, distribution)))
            continue
        version = _installed(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            requirement.marker = None
            lacking[str(requirement)] = None
    return tuple(lacking)


def _is_plain(text: str, extra: str) -> bool:
    """Whether a requirement is certain to be none of this extra's, or met."""
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return False
    if plain["extra"] != extra:
        return re.sub(r"[-_.]+", "-", plain["extra"].lower()) != re.sub(r"[-_.]+", "-", extra.lower())
    version = None if plain["more"] else _installed(plain["name"])
    release = _RELEASE.fullmatch(version or "")
    if release is None:
        return False
    return [*map(int, release[1].split("."))] >= [*map(int, plain["bound"].split("."))]


def _installed(name: str) -> str | None:
    """The version of a distribution that is installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _checkout(distribution: str) -> Path | None:
    """The folder that a distribution was installed from with `-e`, if it was (PEP 610)."""
    try:
        text = importlib.metadata.distribution(distribution).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(origin["url"]).path))


def _installer() -> str:
    """The command that installs into this very environment."""
    if _made_by_uv():
        active = os.environ.get("VIRTUAL_ENV") or str(Path.cwd() / ".venv")
        here = Path(active) == Path(sys.prefix)
        return "uv pip install" if here else f"uv pip install --python {shlex.quote(sys.executable)}"
    pip = shutil.which("pip")
    if pip is not None and Path(pip).parent == Path(sys.executable).parent:
        return "pip install"
    return f"{shlex.quote(_short(sys.executable))} -m pip install"


def _made_by_uv() -> bool:
    """Whether uv made the environment, or it has no pip."""
    try:
        settings = (Path(sys.prefix) / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        settings = ""
    keys = {line.partition("=")[0].strip() for line in settings.splitlines()}
    return "uv" in keys or importlib.util.find_spec("pip") is None


def _short(program: str) -> str:
    """A program's path, relative to the current folder where it lies inside."""
    path = Path(program)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else program
