"""Images made by code, and nodes on them carried out as the engine would, one item after another."""

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PIL import Image

from weirflow.api import Files, Inputs, ItemOutput, ItemResult, NodeError
from weirflow_tabular.images_read import ReadImages
from weirflow_tabular.images_transform import TransformImages


def encoded(array, kind="PNG", **options):
    """An array as the bytes of a file."""
    if isinstance(array, np.ndarray):
        array = Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array)
    file = io.BytesIO()
    array.save(file, format=kind, **options)
    return file.getvalue()


@dataclass
class Ran:
    """What a node gave: outputs by port, and why items are bad, by key."""

    outputs: dict[str, Any] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Files:
        return self.outputs["files"]

    @property
    def names(self):
        return [f.name for f in self.files]

    def image(self, name):
        """A file's image, as Pillow reads it."""
        (found,) = [f for f in self.files if f.name == name]
        return Image.open(io.BytesIO(found.path.read_bytes()))

    def array(self, name):
        return np.asarray(self.image(name))


def carry_out(node, folder, files=None):
    """Work through a node's items."""
    results, bad = [], {}
    for number, item in enumerate(node.items(Inputs([] if files is None else [("files", files)]))):
        own = folder / str(number)
        own.mkdir(parents=True)
        try:
            made = node.process(item, ItemOutput(own))
        except NodeError as error:
            bad[item.key] = error.message
        else:
            results.append(ItemResult(made.key, made.facts, own, item.payload))
    return Ran(dict(node.finish(results)), bad)


def put(folder, files):
    """Write files: name -> bytes."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


class Bench:
    """Reads files and works on them, in a folder of the test's."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = 0

    def read(self, files, **parameters):
        put(self.folder / "in", files)
        node = ReadImages.model_validate({"path": str(self.folder / "in"), "nested": True, **parameters})
        return self.run(node)

    def run(self, node, files=None):
        self.runs += 1
        return carry_out(node, self.folder / f"run-{self.runs}", files)

    def transform(self, files, *steps, **parameters):
        """What becomes of these files."""
        node = TransformImages.model_validate({"steps": steps, **parameters})
        return self.run(node, self.read(files).files)

    def one(self, array, *steps, kind="PNG", **parameters):
        """What becomes of one image, as an array."""
        done = self.transform({"a.png": encoded(array, kind)}, *steps, **parameters)
        assert done.bad == {}
        (file,) = done.files
        return np.asarray(Image.open(file.path))

    def why(self, content, *steps, name="a.png", **parameters):
        """Why one image is bad."""
        done = self.transform({name: content}, *steps, **parameters)
        assert done.names == []
        return done.bad[name]


@pytest.fixture
def bench(tmp_path):
    """A place to work on images."""
    return Bench(tmp_path)
