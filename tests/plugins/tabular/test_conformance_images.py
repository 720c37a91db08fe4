"""The nodes on images keep the node specification."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from weirflow.testing import Case, conformance
from weirflow_tabular.images_drop import DropCorruptImages, DropDuplicateImages
from weirflow_tabular.images_read import ReadImages
from weirflow_tabular.images_transform import TransformImages


def png(seed: int) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


FILES = {"in/a.png": png(1), "in/deep/b.png": png(2), "in/ü.png": png(1), "in/notes.txt": "no image"}
IMAGES = {n: c for n, c in FILES.items() if n.endswith("png")}
STEPS = [
    {"do": "resize", "width": 4, "height": 4, "fit": "cover"},
    {"do": "rotate", "angle": 10},
    {"do": "enhance", "contrast": 1.5},
    {"do": "gamma", "gamma": 0.75},
    {"do": "noise", "deviation": 8},
    {"do": "tile", "rows": 1, "columns": 2},
]

CASES = [
    (ReadImages, Case({"path": "in", "nested": True}, files=FILES)),
    (DropCorruptImages, Case(files=FILES)),
    (DropDuplicateImages, Case(files=IMAGES)),
    (TransformImages, Case({"steps": STEPS, "format": "png", "seed": 7}, files=IMAGES)),
]

test_conformance = conformance(*CASES)
