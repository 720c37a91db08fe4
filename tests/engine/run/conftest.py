"""A real third-party plugin, put on the path as an installer would put it, and a command to run it with."""

import os
import subprocess
import sys
import textwrap

import pytest

PLUGIN = '''
import http.server, os, signal, threading, time
from pathlib import Path
from typing import ClassVar

from pydantic import Field
from weirflow.api import (
    Item, ItemResult, Job, Location, Model, NodeError, NodeReference, Port, Service, Task, Transform, hookimpl,
)


class Slow(Task):
    """Write a file for each of some items, slowly."""

    operator = "slow.items"
    inputs: ClassVar = ()
    outputs: ClassVar = (Port("default", "files"),)
    count: int = Field(default=6, description="how many items")
    label: str = Field(default="", description="a name")
    seconds: float = Field(default=0.0, description="how long an item takes")
    bad: tuple[int, ...] = Field(default=(), description="items that fail")
    deadly: tuple[int, ...] = Field(default=(), description="items that kill their process")

    def items(self, inputs):
        return [Item(f"item-{i}", {"number": i}) for i in range(self.count)]

    def process(self, item, out):
        number = item.payload["number"]
        if number in self.bad:
            raise NodeError("this one is bad")
        if number in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        (out.folder / "out.txt").write_text(str(number))
        return ItemResult(item.key, {"square": number * number, "at": time.time()})

    def finish(self, results):
        from weirflow.api import File, Files
        return {"default": Files(tuple(File(r.folder / "out.txt", name=f"made/{r.key}.txt") for r in results))}


class Listed(Task):
    """List the files of a folder."""

    operator = "slow.listed"
    inputs: ClassVar = ()
    outputs: ClassVar = (Port("default", "files"),)
    folder: Location = Field(description="the folder")

    def items(self, inputs):
        return [Item(p.name, {}, p.read_text()) for p in sorted(Path(self.folder).iterdir())]

    def process(self, item, out):
        return ItemResult(item.key)

    def finish(self, results):
        from weirflow.api import File, Files
        return {"default": Files(tuple(File(Path(self.folder, r.key)) for r in results))}


class Shouted(Task):
    """Copy files in upper case, each by itself."""

    operator = "slow.shouted"
    inputs: ClassVar = (Port("files", "files"),)
    outputs: ClassVar = (Port("default", "files"),)
    by_item: ClassVar = True

    def items(self, inputs):
        return [Item(f.name, {"path": str(f.path), "name": f.name}, f.path.read_text()) for f in inputs["files"]]

    def process(self, item, out):
        (out.folder / "copy").write_text(Path(item.payload["path"]).read_text().upper())
        return ItemResult(item.key, {"at": time.time()})

    def finish(self, results):
        from weirflow.api import File, Files
        return {"default": Files(tuple(File(r.folder / "copy", name=r.payload["name"]) for r in results))}


class Rows(Task):
    """One item: how many rows there are."""

    operator = "slow.rows"
    outputs: ClassVar = (Port("default", "files"),)

    def items(self, inputs):
        return [Item("rows", {"count": inputs.table.collect().shape[0]})]

    def process(self, item, out):
        return ItemResult(item.key, item.payload)

    def finish(self, results):
        from weirflow.api import Files
        list(results)
        return {"default": Files(())}


class Count(Job):
    """Count up, with a checkpoint at every step."""

    operator = "slow.count"
    inputs: ClassVar = ()
    outputs: ClassVar = (Port("default", "model"),)
    steps: int = Field(default=4, description="how far to count")
    die_at: int = Field(default=-1, description="the step at which it dies, unless it has been there before")

    def run(self, inputs, job):
        import subprocess, sys
        last = job.last_checkpoint
        done = int((last / "count").read_text()) if last else 0
        (job.folder / "starts").open("a").write(f"{done}\\n")
        child = job.spawn([sys.executable, "-c", "import time; time.sleep(600)"])
        (job.folder / "child").write_text(str(child.pid))
        for step in range(done + 1, self.steps + 1):
            if step == self.die_at and not (job.folder / "died").exists():
                (job.folder / "died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            with job.checkpoint(f"step-{step}") as folder:
                (folder / "count").write_text(str(step))
            job.progress(step, self.steps)
        return {"default": Model(job.last_checkpoint, "count")}


class Answer(Service):
    """Answer every request with a count."""

    operator = "slow.answer"
    inputs: ClassVar = (Port("model", "model"),)

    def serve(self, inputs, service):
        text = (inputs.table.path / "count").read_bytes()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer((service.host, service.port), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        service.ready(f"http://{service.host}:{server.server_port}/")
        service.stopping.wait()
        server.shutdown()
        thread.join()


class Deadly(Transform):
    """Die when a table is asked for, as an engine out of memory does."""

    operator = "slow.deadly"
    holds_table: ClassVar = True

    def transform(self, inputs):
        os.kill(os.getpid(), signal.SIGKILL)


@hookimpl
def weirflow_nodes():
    return [
        NodeReference(c.operator, f"slow_plugin:{c.__name__}", c.__doc__)
        for c in (Slow, Listed, Shouted, Rows, Count, Answer, Deadly)
    ]
'''


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The environment of a process that finds the plugin."""
    site = tmp_path_factory.mktemp("site")
    (site / "slow_plugin.py").write_text(PLUGIN)
    info = site / "slow_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weirflow]\nslow = slow_plugin\n")
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture
def flow(tmp_path):
    """Write a flow file of these nodes; its path."""

    def write(nodes):
        path = tmp_path / "x.flow"
        path.write_text("flow: 1\nname: x\nnodes:\n" + textwrap.dedent(nodes))
        return path

    return write


@pytest.fixture
def weirflow(environment):
    """Run the command line in a process of its own."""

    def run(*arguments, **options):
        command = [sys.executable, "-m", "weirflow", *map(str, arguments)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False, **options
        )

    return run


@pytest.fixture
def start(environment):
    """Start the command line without waiting for it; ended with the test."""
    started = []

    def run(*arguments):
        command = [sys.executable, "-m", "weirflow", *map(str, arguments)]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
