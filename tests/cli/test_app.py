import json
import subprocess
import sys

import pytest

from weirflow.cli.app import VERBS

HEAVY = {"polars", "pandas", "narwhals", "pyarrow", "numpy", "altair"}


def imported(*arguments: str) -> set[str]:
    """The modules that a command imports, in a process of its own."""
    code = (
        "import sys, json; from weirflow.cli import main; code = main(sys.argv[1:]);"
        "print('\\n' + json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    exit_code, modules = json.loads(done.stdout.splitlines()[-1])
    assert exit_code == 0, done.stderr
    return set(modules)


def test_help_lists_every_verb_and_imports_none():
    modules = imported("--help")

    assert not {f"weirflow.cli.{verb}" for verb in VERBS} & modules
    assert not (HEAVY | {"pydantic", "yaml"}) & modules


def test_check_imports_no_table_engine(folder):
    modules = imported("check", "people.flow")

    assert "weirflow.cli.check" in modules
    assert not {"polars", "pandas", "pyarrow"} & modules


def test_help_shows_verbs_and_exit_codes(weirflow):
    done = weirflow("--help")

    assert done.code == 0
    for verb, text in VERBS.items():
        assert f"{verb} " in done.out
        assert text in done.out
    assert "70 a bug" in " ".join(done.out.split())


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help(weirflow, verb):
    done = weirflow(verb, "--help")

    assert done.code == 0
    assert done.out.startswith(f"Usage: weirflow {verb} ")


def test_version_is_the_distributions(weirflow):
    from importlib.metadata import version

    assert weirflow("--version").out == f"weirflow {version('weirflow')}\n"


def test_unknown_verb_is_usage_with_a_suggestion(weirflow):
    done = weirflow("rnu", "people.flow")

    assert (done.code, done.out) == (2, "")
    assert "no verb 'rnu'; did you mean 'run'?" in done.err


def test_unknown_option_is_usage_with_a_suggestion(weirflow):
    done = weirflow("run", "people.flow", "--dryrun")

    assert (done.code, done.out) == (2, "")
    assert "--dry-run" in done.err


def test_no_verb_shows_help(weirflow):
    done = weirflow()

    assert "Verbs:" in done.out + done.err
    assert done.code == 2  # click's own: nothing was asked for
