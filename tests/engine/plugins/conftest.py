"""Plugins written to a folder as pip would lay them out, to be found by their metadata."""

import importlib.metadata
import itertools
import sys
import textwrap

import pytest


class Site:
    """A folder of installed distributions."""

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count()

    def install(self, distribution, version="1.0", metadata="", direct_url=None, **plugins):
        """A distribution with plugins by entry point name, each the text of its module.

        A module finds `weirflow.api` imported; MODULE in its text stands for its own name.
        """
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        info.joinpath("METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{metadata}"
        )
        if direct_url is not None:
            info.joinpath("direct_url.json").write_text(direct_url)
        lines = ["[weirflow]"]
        for name, code in plugins.items():
            module = f"site_plugin_{next(self.numbers)}"
            text = textwrap.dedent(code).replace("MODULE", module)
            self.folder.joinpath(f"{module}.py").write_text(
                "from weirflow.api import NodeError, NodeReference, PortType, Transform, Upgrade, hookimpl\n"
                + text
            )
            lines.append(f"{name} = {module}")
        info.joinpath("entry_points.txt").write_text("\n".join(lines))

    def points(self):
        """The entry points of all that is installed, in an order that must not matter."""
        found = importlib.metadata.distributions(path=[str(self.folder)])
        return [p for d in found for p in d.entry_points][::-1]


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield Site(folder)
    for name in [n for n in sys.modules if n.startswith("site_plugin_")]:
        del sys.modules[name]
