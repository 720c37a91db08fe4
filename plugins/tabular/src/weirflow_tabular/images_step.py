"""What a step on an image is: a small model that makes an image of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict

from weirflow.api import Field, NodeError

if TYPE_CHECKING:
    from PIL.Image import Image

Colour: TypeAlias = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]


@dataclass(frozen=True)
class Here:
    """What a step knows besides the pixels: what chance depends on, and how many pixels there may be."""

    seed: int
    name: str
    place: int
    max_pixels: int


class Step(BaseModel):
    """Base of the steps. `deep` ones take 16 bits a channel too."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    deep: ClassVar[bool] = False

    def apply(self, image: Image, here: Here) -> Image:
        """The image that the step makes."""
        raise NotImplementedError


def too_deep(what: str) -> NodeError:
    """The refusal of a step that takes 8 bits alone."""
    return NodeError(
        f"it has 16 bits a channel, which {what} does not take: put the step eight_bits before it"
    )
