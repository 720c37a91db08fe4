"""What all tests share: where the corpus is, and that no skip passes where everything is required."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# how long an example takes says something of the machine, and nothing of the code
settings.register_profile("weirflow", deadline=None)
settings.load_profile("weirflow")

for _name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
    os.environ.pop(_name, None)  # no test reads anybody's data
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


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


@pytest.fixture(scope="module")
def browser():
    """Chromium without a screen and with no other machine to be had. A module at a time: two cannot run together."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    quiet = (
        *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    )
    with sync_api.sync_playwright() as playwright:
        if program is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no Chromium found: install it, or run `playwright install chromium`")
        chromium = playwright.chromium.launch(executable_path=program, args=list(quiet))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def s3_server():
    """The address of an object store on loopback."""
    from moto.server import ThreadedMotoServer

    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch, request):
    """An empty bucket of it, to which the environment leads."""
    import boto3

    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "sesame",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_ENDPOINT_URL": s3_server,
    }.items():
        monkeypatch.setenv(name, value)
    name = "b-" + hashlib.sha256(request.node.name.encode()).hexdigest()[:16]
    made = boto3.resource("s3").Bucket(name)
    made.create()
    return made


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> dict[str, str]:
    """The environment variables of an active virtual environment in which weirflow was installed from its wheel.

    What weirflow needs, and what builds packages, is seen in the environment of the tests: nothing is fetched.
    """
    for module in ("pip", "hatchling", "venv", "ensurepip"):
        pytest.importorskip(module, reason=f"{module} is needed to install packages")
    folder = tmp_path_factory.mktemp("fresh")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", folder, ROOT], check=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    paths = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    seen = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    (site / "seen.pth").write_text("".join(f"import site; site.addsitedir({s!r})\n" for s in sorted(seen)))
    ours = ("COLUMNS", "NO_COLOR", "PYTHONPATH")
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ours and not k.startswith(("COV", "PYTEST", "WEIRFLOW_"))
    }
    environ = {
        **kept,
        "PATH": os.pathsep.join([str(folder / "env" / "bin"), os.environ.get("PATH", os.defpath)]),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # sets `build_isolation`, whatever its name says
        "PIP_NO_INDEX": "1",
    }
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [folder / "env" / "bin" / "pip", "install", "--quiet", "--no-deps", wheel], env=environ, check=True
    )
    return environ
