"""What tests of several families share."""

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
