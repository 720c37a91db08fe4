"""Images. No public flow has any: what is read is what manual and tutorial name, in spellings that are likely."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.text import like
from weirflow_datawrangler.step import Parameters, Step, UnmappedError, chosen

_SEVEREST = 5
_NOISE = (0.08, 0.12, 0.18, 0.26, 0.38)  # deviations by severity, of 1 for white
_IMPULSES = (0.03, 0.06, 0.09, 0.17, 0.27)  # shares of pixels
_BLUR = (1, 2, 3, 4, 6)  # deviations in pixels
"""Of the corruptions for images that Hendrycks and Dietterich published (2019), which imgaug has too."""


def is_of_images(node: VendorNode) -> bool:
    """Whether an operator works on images."""
    return node.type == "TRANSFORM" and "image" in node.operator.lower()


def image_step(node: VendorNode) -> Step:
    """The node that stands for an operator on images. Raises UnmappedError for those whose meaning is not certain."""
    words = (node.label or node.operator.rpartition(".")[2]).lower().replace("_", " ")
    given = chosen(node)
    if "duplicate" in words:
        _nothing_else(given, ())
        return Step("images.drop_duplicates", {})
    if "corrupted" in words or ("corrupt" in words and ("drop" in words or "remove" in words)):
        _nothing_else(given, ())
        return Step("images.drop_corrupt", {})
    if "resize" in words:
        return _transform(_resize(given))
    if "contrast" in words or "gamma" in words:
        return _transform(_contrast(given, words))
    if "grayscale" in words or "greyscale" in words:
        _nothing_else(given, ())
        return _transform({"do": "grayscale", "channels": 3})
    if "corrupt" in words or "noise" in words or "blur" in words:
        return _transform(_corrupt(given, words))
    raise UnmappedError(f"what '{words}' does to an image is not known")


def _transform(step: dict[str, Any]) -> Step:
    note = "The names of its parameters are not known from any flow: look whether they are read as they are meant."
    return Step("images.transform", {"steps": [step]}, (note,))


def _kinds(given: Parameters, *others: str) -> tuple[list[str], str]:
    """The options that say of which kind an operator is, and what they say."""
    keys = [k for k in given.found if "type" in k or "kind" in k or k in {"method", *others}]
    return keys, " ".join(given.text(k).lower().replace("_", " ") for k in keys)


def _resize(given: Parameters) -> dict[str, Any]:
    kinds, kind = _kinds(given, "mode", "operation", "resize")
    if "crop" in kind:  # by so many pixels from each side
        key = like(given, "pixel", "crop", "amount")
        _nothing_else(given, (*kinds, key))
        return {"do": "crop", "margin": given.integer(key)}
    keys = {side: like(given, side) for side in ("width", "height")}
    _nothing_else(given, keys.values())
    return {"do": "resize", **{side: given.integer(key) for side, key in keys.items()}}


def _contrast(given: Parameters, words: str) -> dict[str, Any]:
    kinds, said = _kinds(given, "contrast", "enhance_contrast")
    if "gamma" not in f"{words} {said}":
        raise UnmappedError(f"how '{words}' weighs the values of an image is not known")
    gamma = like(given, "gamma")
    _nothing_else(given, (*kinds, gamma))
    return {"do": "gamma", "gamma": given.number(gamma)}


def _corrupt(given: Parameters, words: str) -> dict[str, Any]:
    kinds, said = _kinds(given, "corruption")
    kind = f"{words} {said}"
    severity = like(given, "severity")
    _nothing_else(given, (*kinds, severity))
    degree = given.integer(severity)
    if not 1 <= degree <= _SEVEREST:
        raise UnmappedError(f"its severity is {degree}")
    if "gaussian" in kind and "noise" in kind:
        return {"do": "noise", "deviation": round(255 * _NOISE[degree - 1], 6)}
    if "impulse" in kind and "noise" in kind:
        return {"do": "salt_and_pepper", "share": _IMPULSES[degree - 1]}
    if "gaussian" in kind and "blur" in kind:
        return {"do": "blur", "radius": _BLUR[degree - 1]}
    raise UnmappedError(f"how '{words}' spoils an image is not known")


def _nothing_else(given: Parameters, read: Collection[str]) -> None:
    """Refuse options that are not read; a column of images is the images themselves."""
    for key, value in given.found.items():
        if key in read or key == "input_column" or value in (None, "", [], {}):
            continue
        if key == "output_column" and value == given.found.get("input_column"):
            continue
        raise UnmappedError(f"its {key} has no equal")
