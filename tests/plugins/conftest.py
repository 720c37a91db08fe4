"""What tests of several families share."""

import hashlib
import os
import shutil
import sys
import warnings

import pytest


@pytest.fixture(scope="session")
def spark():
    """A Spark session that casts and computes as Data Wrangler's did: not in ANSI mode, in UTC."""
    needed = "all" in os.environ.get("WEIRFLOW_REQUIRE", "")
    if not needed:
        pytest.importorskip("pyspark", reason="pyspark is not installed")
        if shutil.which("java") is None:
            pytest.skip("Java, which Spark needs, is not installed")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # for functions that run in workers of its own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas' version
        from pyspark.sql import SparkSession

        session = (
            SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.ansi.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "1")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


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
