"""What an estimator learns: plain data that canonical JSON can hold."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict


class TrainedParameters(BaseModel):
    """Base of what estimators learn. Fields are plain JSON values; floats are finite or null; no pickle, ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    def canonical(self) -> Self:
        """The same parameters after a round trip through JSON, as a later run will read them."""
        return type(self).model_validate_json(self.model_dump_json())


class Nothing(TrainedParameters):
    """For estimators that learn only which columns a selector found."""
