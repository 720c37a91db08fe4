"""The same work as `credit.flow` with a scikit-learn ColumnTransformer on pandas.

Usage: python with_sklearn.py IN.parquet OUT.parquet
"""

import sys

import pandas as pd
from by_hand import CHECKING, COUNTS, EMPLOYMENT, ONE_HOT, SAVINGS
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)


def main(source: str, target: str) -> None:
    df = pd.read_parquet(source)
    df[["sex", "marital_status"]] = df["status_sex"].str.split(":", expand=True)
    ordered = ["risk", "existingchecking", "savings", "employmentsince"]
    categories = [["low risk", "high risk"], CHECKING, SAVINGS, EMPLOYMENT]
    transformer = ColumnTransformer(
        [
            ("ordinal", OrdinalEncoder(categories=categories), ordered),
            ("amount", RobustScaler(), ["creditamount"]),
            ("age", StandardScaler(), ["age"]),
            ("duration", MinMaxScaler(), ["duration"]),
            ("counts", MaxAbsScaler(), COUNTS),
            ("one_hot", OneHotEncoder(sparse_output=False), ONE_HOT),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    out = transformer.fit_transform(df).rename(columns={"risk": "target"})
    out.to_parquet(target, compression="zstd", index=False)


if __name__ == "__main__":
    main(*sys.argv[1:3])
