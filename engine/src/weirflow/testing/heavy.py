"""Libraries that cost so much to import that only the use of a node may load them."""

from __future__ import annotations

HEAVY = frozenset(
    {
        *("polars", "pandas", "numpy", "pyarrow", "duckdb", "pyspark", "dask", "ray", "sqlglot", "sqlframe"),
        *("sklearn", "scipy", "statsmodels", "xgboost", "lightgbm", "numba", "sympy", "networkx"),
        *("tensorflow", "keras", "torch", "jax", "horovod", "transformers", "onnxruntime"),
        *("altair", "vl_convert", "matplotlib", "plotly", "bokeh", "seaborn"),
        *("PIL", "cv2", "skimage", "openslide", "tifffile", "simplejpeg", "imageio"),
        *("rdflib", "pyoxigraph", "spacy", "nltk", "boto3", "botocore", "fsspec", "sqlalchemy", "requests"),
    }
)
