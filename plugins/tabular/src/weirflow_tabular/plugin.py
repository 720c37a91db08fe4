"""The tabular family's plugin: its operators, as lazy references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.api import NodeReference, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

_OPERATORS = (
    ("read.csv", "read:ReadCsv", "read delimited text files"),
    ("read.parquet", "read:ReadParquet", "read Parquet files"),
    ("read.json", "read_json:ReadJson", "read JSON files: arrays of objects, or one object"),
    ("read.ndjson", "read_json:ReadNdjson", "read files of JSON lines"),
    ("read.sql", "read_sql:ReadSql", "read what a query of a database gives"),
    ("read.orc", "read_orc:ReadOrc", "read ORC files"),
    ("write.csv", "write:WriteCsv", "write a delimited text file"),
    ("write.parquet", "write:WriteParquet", "write a Parquet file"),
    ("write.sql", "write_sql:WriteSql", "write a table of a database"),
    ("columns.drop", "columns:DropColumns", "remove columns"),
    ("columns.keep", "columns:KeepColumns", "keep some columns and remove the rest"),
    ("columns.rename", "columns:RenameColumns", "give columns other names"),
    ("columns.move", "columns:MoveColumns", "move columns to another place"),
    ("columns.duplicate", "columns:DuplicateColumn", "copy a column under a new name"),
    ("columns.concat", "columns_concat:ConcatColumns", "join the text of columns"),
    ("columns.unnest", "columns_unnest:UnnestColumn", "make columns of the keys of structs or JSON objects"),
    ("columns.cast", "types:CastColumns", "change the types of columns"),
    ("columns.infer_types", "types:InferTypes", "give columns of text the type that their values are of"),
    ("rows.filter", "rows_filter:FilterRows", "keep the rows that meet conditions"),
    ("rows.limit", "rows:LimitRows", "keep the first rows"),
    ("rows.sort", "rows:SortRows", "sort rows by columns"),
    ("rows.shuffle", "rows:ShuffleRows", "put rows in a random order"),
    ("rows.drop_duplicates", "rows:DropDuplicates", "keep the first of equal rows"),
    ("rows.sample", "sampling:SampleRows", "draw rows at random, in proportion to a column's values or not"),
    ("balance.undersample", "balance:Undersample", "leave out rows of frequent classes"),
    ("balance.oversample", "balance:Oversample", "repeat rows of rare classes"),
    ("balance.smote", "smote:Smote", "make up rows of rare classes between those that there are"),
    ("rows.explode", "rows_explode:ExplodeRows", "make a row of each element of a list"),
    ("text.split", "text:SplitText", "split text at a delimiter into a list or into columns"),
    ("dates.extract", "dates:ExtractDate", "make numbers of the parts of dates and times"),
    ("dates.range", "dates_range:DateRange", "give rows moments at even distances"),
    ("series.validate", "series:ValidateSeries", "drop, mark or refuse rows without a moment in time"),
    ("series.fill", "series_fill:FillSeries", "put values in place of the missing ones of series"),
    ("series.resample", "series_resample:ResampleSeries", "bring series to even distances in time"),
    ("series.lag", "series_lag:LagSeries", "put the values of earlier rows beside each row"),
    ("series.rolling", "series_rolling:RollingSeries", "compute features of the last values of series"),
    ("series.group", "series_group:GroupSeries", "make one row of lists of each series"),
    ("series.features", "series_features:SeriesFeatures", "compute features of series kept as lists"),
    (
        "series.extract_features",
        "series_extract:ExtractFeatures",
        "compute tsfresh's features of series kept as lists",
    ),
    ("series.set_length", "series_length:SetSeriesLength", "give series kept as lists one length"),
    ("vectors.assemble", "vectors_assemble:AssembleVector", "put numbers and vectors together in one vector"),
    ("vectors.flatten", "vectors:FlattenVector", "make a column of each element of a list"),
    ("vectors.pca", "pca:PrincipalComponents", "reduce numbers to their principal components"),
    (
        "vectors.unpack",
        "vectors_unpack:UnpackVector",
        "make a column of each element that lists are found to have",
    ),
    ("encode.ordinal", "encode:OrdinalEncode", "number categories from 0"),
    ("encode.one_hot", "one_hot:OneHotEncode", "make a 0/1 column of each category"),
    (
        "encode.similarity",
        "encode_similarity:SimilarityEncode",
        "make numbers of text, alike where the text is alike",
    ),
    ("encode.target", "encode_target:TargetEncode", "replace categories by the mean of a target"),
    ("encode.map", "mapping:MapValues", "replace values by an explicit map"),
    ("scale.standard", "scale:StandardScale", "divide by the standard deviation, and centre on the mean"),
    ("scale.robust", "scale:RobustScale", "divide by the range between two quantiles"),
    ("scale.min_max", "scale:MinMaxScale", "stretch onto a given range"),
    ("scale.max_abs", "scale:MaxAbsScale", "divide by the largest magnitude"),
    ("missing.fill", "missing:FillMissing", "put a value in place of missing ones"),
    (
        "missing.impute",
        "missing:ImputeMissing",
        "put the mean, median or most frequent value in place of missing ones",
    ),
    ("missing.drop", "missing:DropMissing", "remove rows in which values are missing"),
    ("missing.indicator", "missing:MissingIndicator", "say in a new column where a value is missing"),
    ("outliers.standard_deviation", "outliers:StandardDeviationOutliers", "treat values far from the mean"),
    ("outliers.quantile", "outliers:QuantileOutliers", "treat values beyond two quantiles"),
    ("outliers.range", "outliers:RangeOutliers", "treat values beyond given limits"),
    ("outliers.rare", "outliers:ReplaceRare", "put one word in place of rare categories"),
    ("text.case", "text_format:ChangeCase", "make text lower or upper case"),
    ("text.strip", "text_edit:StripText", "take characters away at the ends of text"),
    ("text.remove", "text_edit:RemoveSymbols", "take characters out of text"),
    ("text.replace", "text_edit:ReplaceText", "replace what a pattern finds"),
    ("text.pad", "text_format:PadText", "make text so wide"),
    ("text.affix", "text_format:AffixText", "put a text before or after text"),
    ("text.find", "text_find:FindText", "say where in text something is"),
    ("text.matches", "text_find:MatchText", "say whether a pattern is found in text"),
    ("text.find_all", "text_find:FindAllText", "list what a pattern finds in text"),
    ("text.extract", "text_find:ExtractText", "take what a pattern finds in text"),
    ("text.slice", "text_find:SliceText", "take or replace characters by their places"),
    ("text.to_missing", "text_find:TextToMissing", "make text null that a pattern matches, or does not"),
    ("text.validate", "text_validate:ValidateText", "say whether text is as it should be"),
    ("text.vectorise", "text_features:VectoriseText", "count how often terms occur in text"),
    ("text.hash", "text_hash:HashText", "count how often terms occur in text, without a vocabulary"),
    ("text.statistics", "text_statistics:TextStatistics", "count words and kinds of characters"),
    ("join.tables", "joins:JoinTables", "join the rows of two tables whose keys are equal"),
    ("join.union", "unions:UnionTables", "put the rows of two tables under one another"),
    ("join.columns", "unions:JoinColumns", "put the columns of two tables side by side, row by row"),
    ("group.aggregate", "groups:AggregateGroups", "make one row of each group of rows"),
    ("group.window", "windows:Window", "put an aggregate, a rank or another row's value beside each row"),
    ("split.random", "splits:SplitRandomly", "split the rows into parts at random"),
    ("split.stratified", "splits:SplitByStrata", "split the rows of each value of a column into parts"),
    ("split.ordered", "splits:SplitInOrder", "split the rows into parts in order"),
    ("split.by_key", "splits_key:SplitByKey", "split the rows into parts that share no key"),
    ("images.read", "images_read:ReadImages", "find the images of a folder"),
    ("images.drop_corrupt", "images_drop:DropCorruptImages", "leave out images that cannot be decoded"),
    (
        "images.drop_duplicates",
        "images_drop:DropDuplicateImages",
        "keep the first of images with equal pixels",
    ),
    ("images.transform", "images_transform:TransformImages", "resize, crop, turn, enhance or blur images"),
    ("custom.pandas", "custom:CustomPandas", "run a pandas snippet on the whole table"),
    ("custom.pyspark", "custom:CustomPyspark", "run a PySpark snippet on the whole table"),
    ("custom.sql", "sql:CustomSql", "query the table by SQL"),
    ("custom.formula", "formula:Formula", "compute a column by an expression of Spark's SQL"),
)

_EXTRAS = {
    "series.extract_features": "series",
    "balance.smote": "ml",
    "custom.formula": "sql",
    "custom.pyspark": "spark",
    "custom.sql": "sql",
    "images.drop_corrupt": "images",
    "images.drop_duplicates": "images",
    "images.read": "images",
    "images.transform": "images",
}

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for


@hookimpl
def weirflow_nodes() -> Iterable[NodeReference]:
    """The operators of the family."""
    return [
        NodeReference(name, f"weirflow_tabular.{target}", summary, extra=_EXTRAS.get(name, ""))
        for name, target, summary in _OPERATORS
    ]
