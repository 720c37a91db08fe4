"""docs/how-to/labels-training.md: its flow runs, and its commands print what the page says they do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("duckdb", reason="the flow needs the extra `labels`")


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "how-to" / "labels-training.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shell(repository, page, tmp_path_factory):
    """Run a command of the page where its flow and the lake are; what it prints."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "flows").mkdir()
    (folder / "flows" / "labels").symlink_to(repository / "flows" / "labels")
    (flow,) = re.findall(r"```yaml\n# training\.flow\n(.*?)```", page, re.DOTALL)
    (folder / "training.flow").write_text(flow, encoding="utf-8")
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environ = {**os.environ, "PATH": programs, "LC_ALL": "C"}

    def shell(command):
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=environ, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().splitlines()

    return shell


def test_its_commands_print_what_it_says(page, shell):
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    told = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert len(told) == 8
    for command, *wanted in map(str.splitlines, told):
        printed = shell(command)
        if wanted == ["…"]:
            continue
        # an ellipsis stands for what is left out
        patterns = [".*".join(map(re.escape, line.split("…"))) for line in wanted]
        assert len(printed) == len(wanted), command
        for line, pattern in zip(printed, patterns, strict=True):
            assert re.fullmatch(pattern, line), f"{command}: {line}"
