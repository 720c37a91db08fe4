"""What Amazon Neptune's bulk loader is asked to load the N-Quads."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict, Field

from weirflow.api import NodeError

MODEL = "neptunedata"
OPERATION = "StartLoaderJob"


class NeptuneLoad(BaseModel):
    """The parameters of a request to `POST :8182/loader`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(
        pattern=r"^s3://[^/]+(/.*)?$", description="where the files lie then: `s3://bucket/folder/`"
    )
    role: str = Field(pattern=r"^arn:", description="the ARN of the role with which Neptune reads them")
    region: str = Field(min_length=1, description="the bucket's region, which is the cluster's")
    stop_on_error: bool = Field(
        default=True, description="whether a bad statement ends the load (`failOnError`)"
    )

    def request(self) -> str:
        """The request as JSON, as the loader takes it.

        Checked by botocore's description of the service where botocore is installed. Raises NodeError.
        """
        given = {
            "source": self.source,
            "format": "nquads",
            "iamRoleArn": self.role,
            "s3BucketRegion": self.region,
            "failOnError": self.stop_on_error,
        }
        _validate(given)
        wire = dict(given)
        wire["region"] = wire.pop("s3BucketRegion")
        wire["failOnError"] = "TRUE" if self.stop_on_error else "FALSE"
        return json.dumps(wire, indent=2) + "\n"


def _validate(given: dict[str, object]) -> None:
    try:
        import botocore.session
        from botocore.validate import ParamValidator
    except ModuleNotFoundError:
        return
    shape = botocore.session.get_session().get_service_model(MODEL).operation_model(OPERATION).input_shape
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        raise NodeError(f"Neptune's loader does not take this: {report.generate_report()}", code="WF203")
    regions = shape.members["s3BucketRegion"].enum
    if given["s3BucketRegion"] not in regions:
        raise NodeError(f"Neptune has no region '{given['s3BucketRegion']}'", code="WF203")
