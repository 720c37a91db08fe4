"""Images through a whole flow: workers, further images, bad ones, and where the results lie."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from weirflow.errors import RunError, WeirflowError
from weirflow.plan.model import Options
from weirflow.project import Project

FLOW = """\
flow: 1
name: x
seed: 7
nodes:
  - {id: photos, operator: images.read, parameters: {path: photos, nested: true}}
  - {id: whole, operator: images.drop_corrupt}
  - {id: distinct, operator: images.drop_duplicates}
  - id: worse
    operator: images.transform
    parameters:
      steps: [{do: resize, width: 40}, {do: rotate, angle: 7}, {do: noise, deviation: 12}]
      format: jpeg
  - {id: saved, operator: files.write, parameters: {path: output/worse}}
  - {id: sizes, operator: write.csv, inputs: photos.table, parameters: {path: output/sizes.csv}}
"""


def jpeg(seed):
    file = io.BytesIO()
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((80, 60)).save(file, format="JPEG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    for seed, name in enumerate(("a.jpg", "b.jpg", "deep/a.jpg")):
        (tmp_path / "photos" / name).write_bytes(jpeg(seed))
    (tmp_path / "photos" / "again.jpg").write_bytes(jpeg(1))
    (tmp_path / "x.flow").write_text(FLOW)
    return tmp_path


def run(folder, jobs=1, output=None):
    Project(folder / "x.flow").run(Options(jobs=jobs, report="none", output=output), apart=False).check()


def written(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.jpg")}


def test_bytes_do_not_depend_on_the_number_of_workers_nor_on_other_images(folder, tmp_path):
    run(folder)
    one = written(folder / "output" / "worse")
    assert sorted(one) == ["a.jpg", "again.jpg", "deep/a.jpg"]  # b.jpg is the same as again.jpg
    Project(folder / "x.flow").run(Options(jobs=2, report="none", force=True), apart=False).check()
    assert written(folder / "output" / "worse") == one
    (folder / "photos" / "b.jpg").unlink()
    (folder / "photos" / "c.jpg").write_bytes(jpeg(9))
    run(folder)
    more = written(folder / "output" / "worse")
    assert more.keys() - one.keys() == {"c.jpg"}
    assert {n: more[n] for n in one} == one


def test_the_results_table_is_a_table_like_others(folder):
    run(folder)
    sizes = pl.read_csv(folder / "output" / "sizes.csv")
    assert sizes["path"].to_list() == ["a.jpg", "again.jpg", "b.jpg", "deep/a.jpg"]
    assert sizes["width"].to_list() == [80] * 4


def test_a_bad_image_is_set_aside_and_named(folder):
    text = FLOW.replace("  - {id: whole, operator: images.drop_corrupt}\n", "")
    (folder / "x.flow").write_text(text)
    (folder / "photos" / "z.jpg").write_bytes(jpeg(1)[:500])
    with pytest.raises(RunError) as caught:
        run(folder)
    told = [d.message for d in caught.value.diagnostics]
    assert "1 of 5 items is bad, and max_bad_items is 0" in told
    assert not (folder / "output" / "worse").exists()
    allowed = "images.drop_duplicates, parameters: {max_bad_items: 1}}"
    (folder / "x.flow").write_text(text.replace("images.drop_duplicates}", allowed))
    run(folder)
    assert "z.jpg" not in written(folder / "output" / "worse")


def test_the_results_may_not_lie_among_the_originals(folder):
    (folder / "x.flow").write_text(FLOW.replace("output/worse", "photos/worse"))
    with pytest.raises(WeirflowError, match="'saved' would write into 'photos', which 'photos' reads"):
        Project(folder / "x.flow").plan()
