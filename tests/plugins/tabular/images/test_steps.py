"""Steps of `images.transform`, against arithmetic on arrays and Pillow's own functions."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter
from pydantic import ValidationError

from weirflow_tabular.images_transform import TransformImages


def pixels(height=4, width=6, channels=3, seed=0):
    """Any pixels: an array of 8 bits."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def encoded(array, kind="PNG", **options):
    """An array as the bytes of a file."""
    if isinstance(array, np.ndarray):
        array = Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array)
    file = io.BytesIO()
    array.save(file, format=kind, **options)
    return file.getvalue()


A = pixels()
CLEAR = np.dstack([pixels(8, 8), np.tile(np.arange(8, dtype=np.uint8) * 36, (8, 1))])


def test_without_steps_pixels_stay(bench):
    assert np.array_equal(bench.one(A), A)


@pytest.mark.parametrize("sampling", ["nearest", "box", "bilinear", "bicubic", "lanczos"])
def test_resize_is_pillows(bench, sampling):
    size = {"width": 5, "height": 3, "resampling": sampling}
    expected = Image.fromarray(A).resize((5, 3), Image.Resampling[sampling.upper()])
    assert np.array_equal(bench.one(A, {"do": "resize", **size}), np.asarray(expected))


def test_resize_to_twice_by_nearest_repeats_pixels(bench):
    made = bench.one(A, {"do": "resize", "width": 12, "height": 8, "resampling": "nearest"})
    assert np.array_equal(made, A.repeat(2, axis=0).repeat(2, axis=1))


def test_resize_to_half_by_box_is_the_mean_of_four(bench):
    made = bench.one(A, {"do": "resize", "width": 3, "resampling": "box"})
    mean = A.reshape(2, 2, 3, 2, 3).astype(float).mean(axis=(1, 3))
    assert made.shape == (2, 3, 3)
    assert np.abs(made - mean).max() <= 1  # it is rounded along each side


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({"width": 3}, (3, 2)),
        ({"height": 2}, (3, 2)),
        ({"width": 9, "height": 3, "fit": "inside"}, (4, 3)),  # 6 by 4: 4.5 by 3
        ({"width": 3, "height": 9, "fit": "inside"}, (3, 2)),
        ({"width": 5, "height": 5, "fit": "contain"}, (5, 5)),
        ({"width": 5, "height": 5, "fit": "cover"}, (5, 5)),
        ({"width": 1}, (1, 1)),
    ],
)
def test_sizes(bench, given, size):
    made = bench.one(A, {"do": "resize", **given})
    assert (made.shape[1], made.shape[0]) == size


def test_contain_fills_what_is_left_and_cover_cuts_off(bench):
    wide = pixels(2, 4)
    box = {"do": "resize", "width": 4, "height": 4, "resampling": "nearest"}
    made = bench.one(wide, {**box, "fit": "contain", "fill": "#010203"})
    assert np.array_equal(made[1:3], wide)
    assert (made[[0, 3]] == [1, 2, 3]).all()
    covered = bench.one(wide, {**box, "fit": "cover"})
    assert np.array_equal(covered, wide[:, 1:3].repeat(2, axis=0).repeat(2, axis=1))


def test_crop_is_slicing(bench):
    big = pixels(10, 12)
    at = {"do": "crop", "width": 5, "height": 4}
    assert np.array_equal(bench.one(big, {**at, "left": 2, "top": 3}), big[3:7, 2:7])
    assert np.array_equal(bench.one(big, at), big[3:7, 3:8])  # half of what is left, down
    assert np.array_equal(bench.one(big, {**at, "top": 0}), big[0:4, 3:8])
    assert np.array_equal(bench.one(big, {"do": "crop", "margin": 2}), big[2:-2, 2:-2])
    assert np.array_equal(bench.one(big, {"do": "crop", "margin": 0}), big)


def test_a_part_that_is_not_there_is_a_bad_item(bench):
    text = "the part to be cut out does not lie in its 6 by 4 pixels"
    assert bench.why(encoded(A), {"do": "crop", "width": 7, "height": 1}) == text
    assert bench.why(encoded(A), {"do": "crop", "width": 2, "height": 2, "left": 5}) == text
    assert bench.why(encoded(A), {"do": "crop", "margin": 2}) == text  # nothing of its height is left


@pytest.mark.parametrize(("angle", "turns"), [(0, 0), (90, 1), (180, 2), (270, 3), (-90, 3), (450, 1)])
def test_quarter_turns_only_move_pixels(bench, angle, turns):
    assert np.array_equal(bench.one(A, {"do": "rotate", "angle": angle}), np.rot90(A, turns))


def test_other_angles_are_pillows(bench):
    made = bench.one(A, {"do": "rotate", "angle": 30, "fill": "#0a141e", "resampling": "bilinear"})
    turned = Image.fromarray(A).rotate(30, Image.Resampling.BILINEAR, expand=True, fillcolor=(10, 20, 30))
    assert np.array_equal(made, np.asarray(turned))
    kept = bench.one(A, {"do": "rotate", "angle": 90, "expand": False})
    assert kept.shape == A.shape


def test_flip(bench):
    assert np.array_equal(bench.one(A, {"do": "flip"}), A[:, ::-1])
    assert np.array_equal(bench.one(A, {"do": "flip", "axis": "vertical"}), A[::-1])


def test_grayscale_has_the_weights_of_itu_601(bench):
    made = bench.one(A, {"do": "grayscale"})
    exact = A @ np.array([0.299, 0.587, 0.114])
    assert np.abs(made - exact).max() <= 0.51  # the weights are of 16 bits
    three = bench.one(A, {"do": "grayscale", "channels": 3})
    assert np.array_equal(three, np.stack([made] * 3, axis=2))


def test_grayscale_keeps_what_is_clear(bench):
    made = bench.one(CLEAR, {"do": "grayscale"})
    assert made.shape == (8, 8, 2)
    assert np.array_equal(made[..., 1], CLEAR[..., 3])


@pytest.mark.parametrize(
    ("order", "places"), [("bgr", [2, 1, 0]), ("r", [0]), ("rrg", [0, 0, 1]), ("gb", [1, 2])]
)
def test_channels(bench, order, places):
    made = bench.one(A, {"do": "channels", "order": order})
    assert np.array_equal(made, A[..., places].squeeze())


def test_the_channel_of_what_is_clear(bench):
    assert np.array_equal(bench.one(CLEAR, {"do": "channels", "order": "a"}), CLEAR[..., 3])
    assert bench.why(encoded(A), {"do": "channels", "order": "rgba"}) == "it has no channel 'a'"


def test_brightness_multiplies(bench):
    assert np.array_equal(bench.one(A, {"do": "enhance", "brightness": 0.5}), A // 2)
    twice = bench.one(A, {"do": "enhance", "brightness": 2})
    assert np.array_equal(twice, np.minimum(A.astype(int) * 2, 255))


def test_enhance_is_pillows_in_its_order(bench):
    expected = Image.fromarray(A)
    for kind, factor in (
        (ImageEnhance.Brightness, 1.2),
        (ImageEnhance.Contrast, 0.7),
        (ImageEnhance.Color, 1.5),
        (ImageEnhance.Sharpness, 2),
    ):
        expected = kind(expected).enhance(factor)
    factors = {"sharpness": 2, "colour": 1.5, "contrast": 0.7, "brightness": 1.2}
    assert np.array_equal(bench.one(A, {"do": "enhance", **factors}), np.asarray(expected))
    grey = bench.one(A, {"do": "enhance", "colour": 0})
    assert (np.ptp(grey, axis=2) == 0).all()


@pytest.mark.parametrize("gamma", [0.75, 1, 2.2])
def test_gamma_is_a_power_of_shares_of_white(bench, gamma):
    expected = np.rint(255 * (CLEAR / 255) ** gamma)
    made = bench.one(CLEAR, {"do": "gamma", "gamma": gamma})
    assert np.array_equal(made[..., :3], expected[..., :3])
    assert np.array_equal(made[..., 3], CLEAR[..., 3])
    grey = bench.one(A[..., :1], {"do": "gamma", "gamma": gamma})
    assert np.array_equal(grey, np.rint(255 * (A[..., 0] / 255) ** gamma))


def test_blur_by_a_box_is_the_mean_of_nine(bench):
    flat = np.zeros((5, 5, 1), np.uint8)
    flat[2, 2] = 90
    made = bench.one(flat, {"do": "blur", "radius": 1, "kind": "box"})
    expected = np.zeros((5, 5), np.uint8)
    expected[1:4, 1:4] = 10
    assert np.array_equal(made, expected)


def test_blur_is_pillows(bench):
    expected = Image.fromarray(A).filter(ImageFilter.GaussianBlur(1.5))
    assert np.array_equal(bench.one(A, {"do": "blur", "radius": 1.5}), np.asarray(expected))


@pytest.mark.parametrize("grey", [False, True])
def test_colours_that_are_not_seen_do_not_run_into_others(bench, grey):
    half = np.zeros((9, 9, 4), np.uint8)
    half[:, :4] = [200, 200, 200, 255]
    half[:, 4:] = [0, 0, 0, 0]  # black, and clear
    steps = [{"do": "grayscale"}] if grey else []
    made = bench.one(half, *steps, {"do": "blur", "radius": 2})
    seen = made[..., -1] > 40
    assert (np.abs(made[..., 0][seen].astype(int) - 200) <= 3).all()


def test_noise_has_the_deviation_and_is_the_same_again(bench):
    grey = np.full((300, 300, 3), 128, np.uint8)
    step = {"do": "noise", "deviation": 10}
    made = bench.one(grey, step, seed=3)
    added = made.astype(float) - 128
    assert abs(added.mean()) < 0.1  # four standard errors are 0.08
    assert abs(added.std() - (100 + 1 / 12) ** 0.5) < 0.06
    assert abs(np.corrcoef(added[..., 0].ravel(), added[..., 1].ravel())[0, 1]) < 0.02
    assert abs((np.abs(added) <= 10).mean() - 0.706) < 0.01  # of a normal one, rounded: P(|x| <= 10.5) at 10
    assert np.array_equal(bench.one(grey, step, seed=3), made)
    assert not np.array_equal(bench.one(grey, step, seed=4), made)


def test_noise_depends_on_the_name_and_the_step_and_on_nothing_else(bench):
    grey = encoded(np.full((20, 20, 1), 128, np.uint8))
    step = {"do": "noise", "deviation": 10}
    many = bench.transform({"a.png": grey, "b.png": grey, "c/a.png": grey}, step)
    alone = bench.transform({"b.png": grey}, step)
    assert np.array_equal(many.array("b.png"), alone.array("b.png"))
    assert len({many.array(n).tobytes() for n in many.names}) == 3
    twice = bench.transform({"b.png": grey}, step, step)
    added = twice.array("b.png").astype(int) - alone.array("b.png")
    assert not np.array_equal(added, alone.array("b.png").astype(int) - 128)


def test_the_numbers_of_chance_are_splitmix64s():
    from weirflow_tabular.images_noise import _numbers

    mask = (1 << 64) - 1
    key = (5, "a", 0)
    import hashlib

    state = int.from_bytes(hashlib.sha256(b"5 0 a").digest()[:8], "big")
    expected = []
    for _ in range(4):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        expected.append(z ^ (z >> 31))
    assert [int(n) for n in _numbers(key, 0, 4)] == expected
    assert [int(n) for n in _numbers(key, 1, 2, step=2)] == expected[1::2]


def test_noise_in_blocks_is_noise_in_one(bench, monkeypatch):
    grey = np.full((20, 21, 3), 128, np.uint8)
    steps = {"do": "noise", "deviation": 10}, {"do": "salt_and_pepper", "share": 0.2}
    whole = bench.one(grey, *steps)
    monkeypatch.setattr("weirflow_tabular.images_noise._AT_ONCE", 50)
    assert np.array_equal(bench.one(grey, *steps), whole)


def test_salt_and_pepper(bench):
    grey = np.full((200, 200, 3), 128, np.uint8)
    made = bench.one(grey, {"do": "salt_and_pepper", "share": 0.1})
    assert (np.ptp(made, axis=2) == 0).all()
    hit = made[..., 0] != 128
    assert abs(hit.mean() - 0.1) < 0.007  # four standard errors are 0.006
    assert set(np.unique(made)) == {0, 128, 255}
    assert abs((made[..., 0] == 255).sum() / hit.sum() - 0.5) < 0.035
    every = bench.one(grey, {"do": "salt_and_pepper", "share": 1})
    assert set(np.unique(every)) == {0, 255}


def test_noise_leaves_what_is_clear(bench):
    for step in ({"do": "noise", "deviation": 50}, {"do": "salt_and_pepper", "share": 0.5}):
        made = bench.one(CLEAR, step)
        assert np.array_equal(made[..., 3], CLEAR[..., 3])
        assert not np.array_equal(made[..., :3], CLEAR[..., :3])


def test_tiles_are_slices_and_every_pixel_is_in_one(bench):
    big = pixels(7, 10)
    done = bench.transform({"d/a.png": encoded(big)}, {"do": "tile", "rows": 2, "columns": 3})
    assert done.names == [f"d/a_{r}_{c}.png" for r in range(2) for c in range(3)]
    assert np.array_equal(done.array("d/a_0_0.png"), big[0:3, 0:3])
    rows = [np.hstack([done.array(f"d/a_{r}_{c}.png") for c in range(3)]) for r in range(2)]
    assert np.array_equal(np.vstack(rows), big)


def test_steps_go_on_with_each_tile(bench):
    big = pixels(4, 4)
    done = bench.transform(
        {"a.png": encoded(big)}, {"do": "tile", "rows": 1, "columns": 2}, {"do": "flip", "axis": "vertical"}
    )
    assert np.array_equal(done.array("a_0_1.png"), big[::-1, 2:])
    assert "fewer than the tiles" in bench.why(encoded(big), {"do": "tile", "rows": 5, "columns": 1})


def test_steps_are_taken_in_their_order(bench):
    crop, resize = {"do": "crop", "width": 2, "height": 2, "left": 0, "top": 0}, {"do": "resize", "width": 12}
    assert bench.one(A, crop, resize).shape[:2] == (12, 12)
    assert bench.one(A, resize, crop).shape[:2] == (2, 2)


@pytest.mark.parametrize(
    "step",
    [
        {"do": "resize"},
        {"do": "resize", "width": 0},
        {"do": "melt"},
        {"width": 3},
        {"do": "crop", "width": 3, "height": 3, "left": -1},
        {"do": "crop", "width": 3},
        {"do": "crop", "width": 3, "height": 3, "margin": 1},
        {"do": "crop", "margin": 1, "top": 0},
        {"do": "gamma", "gamma": 0},
        {"do": "channels", "order": "x"},
        {"do": "rotate", "angle": "inf"},
        {"do": "resize", "width": 2, "fill": "black"},
        {"do": "flip", "axes": "vertical"},
        {"do": "blur", "radius": 0},
    ],
)
def test_steps_that_cannot_be_are_refused(step):
    with pytest.raises(ValidationError):
        TransformImages.model_validate({"steps": [step]})


def test_a_size_that_fills_the_memory_is_refused(bench):
    tall = encoded(np.zeros((4000, 1, 1), np.uint8))
    text = bench.why(tall, {"do": "resize", "width": 60_000})
    assert text == "it would have 60000 by 240000000 pixels, and max_pixels is 178956970"
