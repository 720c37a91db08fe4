"""The server of exports, and a job's folder."""

import importlib.util
from contextlib import contextmanager
from pathlib import Path

import pytest

from weirflow.run.job import Working
from weirflow_fhir.bulk.following import Following
from weirflow_fhir.web import Web

_SPEC = importlib.util.spec_from_file_location(
    "fhir_export_server", Path(__file__).with_name("export_server.py")
)


@contextmanager
def served():
    module = importlib.util.module_from_spec(_SPEC)
    _SPEC.loader.exec_module(module)
    made = module.Server()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def server():
    with served() as made:
        yield made


@pytest.fixture
def other_server():
    with served() as made:
        yield made


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """No test waits for a server that it is."""
    monkeypatch.setattr(Web, "PAUSE", 0.0)
    monkeypatch.setattr(Following, "PAUSE", 0.0)


def _no_child(*_, **_options):
    raise AssertionError("an export starts no process")


@pytest.fixture
def job(tmp_path):
    """The context of a job, with all that it says in `said`."""
    said = []
    made = Working(tmp_path / "job", "export", said.append, _no_child)
    made.said = said
    return made
