"""The command that brings an extra fits the way weirflow was installed."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from weirflow.plugins.extras import install_command, missing

METADATA = """Provides-Extra: charts
Provides-Extra: all
Requires-Dist: click>=8
Requires-Dist: pydantic>=2; extra == 'charts'
Requires-Dist: polars>=999; extra == 'charts'
Requires-Dist: not-there-at-all>=2,<3; (python_version >= '3.11') and extra == 'charts'
Requires-Dist: neither-here; (python_version < '3.0') and extra == 'charts'
Requires-Dist: Boat[charts]; extra == 'all'
Requires-Dist: lost-at-sea; extra == 'all'
"""


@pytest.fixture
def boat(site):
    """Installs a distribution `boat` the way its direct_url.json says; None as a wheel from an index."""
    return lambda direct_url=None: site.install("boat", metadata=METADATA, direct_url=direct_url)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A Python environment: `kind` is the text of its pyvenv.cfg, `pip` whether it has one, on PATH if active."""

    def make(config="home = /usr/bin\n", *, pip=True, active=True):
        programs = tmp_path / "work" / "env" / "bin"
        programs.mkdir(parents=True)
        programs.parent.joinpath("pyvenv.cfg").write_text(config)
        monkeypatch.setattr(sys, "prefix", str(programs.parent))
        monkeypatch.setattr(sys, "executable", str(programs / "python"))
        real = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda n, *a: (pip or None) if n == "pip" else real(n, *a)
        )
        found = str(programs / "pip") if active else "/usr/bin/pip"
        monkeypatch.setattr(shutil, "which", lambda _name: found)
        if active:
            monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
        else:
            monkeypatch.delenv("VIRTUAL_ENV", raising=False)
        return programs

    return make


def editable(folder):
    return f'{{"dir_info": {{"editable": true}}, "url": "{Path(folder).as_uri()}"}}'


def test_a_checkout_stays_editable(tmp_path, boat, environment, monkeypatch):
    environment()
    checkout = tmp_path / "my checkout"
    checkout.mkdir()
    boat(editable(checkout))
    assert install_command("charts", "boat") == f"pip install -e '{checkout}[charts]'"
    monkeypatch.chdir(checkout)
    assert install_command("charts", "boat") == "pip install -e '.[charts]'"


@pytest.mark.parametrize("direct_url", [None, '{"dir_info": {}, "url": "file:///boat"}'])
def test_a_wheel_is_named(boat, environment, direct_url):
    environment()
    boat(direct_url)
    assert install_command("charts", "boat") == "pip install 'boat[charts]'"


@pytest.mark.parametrize(("config", "pip"), [("home = /x\nuv = 0.5.1\n", True), ("home = /x\n", False)])
def test_environments_of_uv_have_no_pip(boat, environment, config, pip):
    environment(config, pip=pip)
    boat()
    assert install_command("charts", "boat") == "uv pip install 'boat[charts]'"


def test_an_environment_that_is_not_active_is_named(boat, environment, tmp_path, monkeypatch):
    programs = environment(active=False)
    boat()
    assert install_command("charts", "boat") == f"{programs}/python -m pip install 'boat[charts]'"
    monkeypatch.chdir(tmp_path / "work")
    assert install_command("charts", "boat") == "env/bin/python -m pip install 'boat[charts]'"


def test_uv_is_told_which_environment_it_is(boat, environment):
    programs = environment("uv = 0.5.1\n", active=False)
    boat()
    command = install_command("charts", "boat")
    assert command == f"uv pip install --python {programs}/python 'boat[charts]'"


def test_what_is_not_installed_is_named(boat):
    boat()
    # pydantic is there, polars too old, and what another Python needs is not missed here
    assert missing("charts", "boat") == ("polars>=999", "not-there-at-all<3,>=2")
    assert missing("all", "boat") == ("polars>=999", "not-there-at-all<3,>=2", "lost-at-sea")


def test_nothing_is_said_of_what_the_metadata_does_not_know(boat):
    boat()
    assert missing("wings", "boat") == ()
    assert missing("charts", "no-such-boat") == ()
    assert install_command("wings", "no-such-boat").endswith("pip install 'no-such-boat[wings]'")
