"""Spark's SQL without Spark: what has been proven to give the same in DuckDB, by data types and all."""
