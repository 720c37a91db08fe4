"""What all tests share: where the corpus is, and that no skip passes where everything is required."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# how long an example takes says something of the machine, and nothing of the code
settings.register_profile("weirflow", deadline=None)
settings.load_profile("weirflow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With WEIRFLOW_REQUIRE=all a skip is a failure: what a test needs must be there."""
    report = yield
    if report.skipped and os.environ.get("WEIRFLOW_REQUIRE") == "all" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and WEIRFLOW_REQUIRE=all: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real files by others (WEIRFLOW_CORPUS, else beside the checkout); the test is skipped without them."""
    folder = Path(os.environ.get("WEIRFLOW_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not folder.is_dir():
        pytest.skip("the corpus is not here: set WEIRFLOW_CORPUS to its folder")
    return folder
