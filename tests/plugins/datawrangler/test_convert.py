"""The vendor's JSON as nodes of ours. Expected values are by the format's description, worked out by hand."""

import pytest

from weirflow.api import NodeError
from weirflow_datawrangler.convert import convert


@pytest.fixture
def nodes(file_of):
    """What nodes of the vendor's become: id, operator, parameters, inputs."""

    def make(*vendor):
        return [(n.id, n.operator, dict(n.parameters), n.inputs) for n in convert(file_of(*vendor)).nodes]

    return make


def test_the_order_of_the_file_does_not_matter(nodes, source, drop):
    first, last = drop("x", "a", "s"), drop("y", ["b"], "x")
    made = [
        ("people", "read.csv", {"path": "s3://bucket/in/people.csv", "infer": False, "rules": "spark"}, ()),
        ("drop_column_a", "columns.drop", {"columns": ["a"]}, ("people",)),
        ("drop_column_b", "columns.drop", {"columns": ["b"]}, ("drop_column_a",)),
        (
            "drop_column_b_written",
            "write.csv",
            {"path": "output/drop_column_b.csv"},
            ("drop_column_b",),
        ),
    ]
    assert nodes(source(), first, last) == made
    assert nodes(last, first, source()) == made


def test_ids_come_from_the_names_that_people_gave(nodes, source, drop):
    named = drop("x", "a", "s", name="Ärger, weg damit!")
    assert [n[0] for n in nodes(source(), named)] == ["people", "arger_weg_damit", "arger_weg_damit_written"]


def test_ids_of_nodes_that_do_the_same_name_the_column_or_the_source(nodes, source, vendor, drop):
    made = nodes(
        source("l", "s3://b/left.csv"),
        source("r", "s3://b/right.csv"),
        vendor("lt", "spark.infer_and_cast_type", {}, "l"),
        vendor("rt", "spark.infer_and_cast_type", {}, "r"),
        drop("a", "Policy ID", "lt"),
        drop("b", "Policy ID", "rt"),
        drop("c", ["x", "y"], "b"),
    )
    assert [n[0] for n in made if n[1] != "write.csv"] == [
        "left",
        "right",
        "types_left",
        "types_right",
        "drop_column_policy_id",
        "drop_column_policy_id_2",
        "drop_column",
    ]


def test_ids_end_with_a_word(nodes, source, drop):
    long = drop("x", "a", "s", name="Validate the timestamps of tpep dropoff datetime")
    assert nodes(source(), long)[1][0] == "validate_the_timestamps_of_tpep_dropoff"
    one_word = drop("x", "a", "s", name="w" * 50)
    assert nodes(source(), one_word)[1][0] == "w" * 40


def test_parameters_of_kinds_that_are_not_chosen_are_left_alone(nodes, source, vendor):
    stale = {
        "operator": "Rename column",
        "rename_column_parameters": {"input_column": "a", "new_name": "b"},
        "drop_column_parameters": {"column_to_drop": "c"},
    }
    assert nodes(source(), vendor("x", "spark.manage_columns", stale, "s"))[1][1:3] == (
        "columns.rename",
        {"columns": {"a": "b"}},
    )


@pytest.mark.parametrize(
    ("label", "given", "operator", "parameters"),
    [
        (
            "Rename column",
            {
                "columns_to_rename": [{"input_column": "a", "new_name": "b"}],
                "input_column": "c",
                "new_name": "d",
            },
            "columns.rename",
            {"columns": {"a": "b", "c": "d"}},
        ),
        (
            "Duplicate column",
            {"input_column": "a", "new_name": "b"},
            "columns.duplicate",
            {"column": "a", "output": "b"},
        ),
        (
            "Move column",
            {"move_type": "Move to start", "move_to_start_parameters": {"column_to_move": "a"}},
            "columns.move",
            {"columns": ["a"], "to": "start"},
        ),
        (
            "Move column",
            {
                "move_type": "Move after",
                "move_after_parameters": {"column_to_move": ["a"], "target_column": "b"},
            },
            "columns.move",
            {"columns": ["a"], "to": "after", "target": "b"},
        ),
        (
            "Move column",
            {"move_type": "Move to start", "move_to_start_parameters": {"column_to_move": ["b", "a"]}},
            "columns.move",
            {"columns": ["b", "a"], "to": "start", "keep_order": True},
        ),
        (
            "Move column",
            {
                "move_type": "Move to index",
                "move_to_index_parameters": {"column_to_move": "a", "index": "2"},
                "move_to_start_parameters": {"column_to_move": "b"},
            },
            "columns.move",
            {"columns": ["a"], "to": "index", "index": 2},
        ),
        (
            "Rename column",
            {
                "columns_to_rename": [
                    {"input_column": "a", "new_name": "b"},
                    {"input_column": "b", "new_name": "c"},
                ]
            },
            "columns.rename",
            {"columns": {"a": "c"}},
        ),
    ],
)
def test_columns_are_managed(nodes, source, vendor, label, given, operator, parameters):
    key = f"{'_'.join(label.lower().split())}_parameters"
    node = vendor("x", "spark.manage_columns", {"operator": label, key: given}, "s")
    assert nodes(source(), node)[1][1:3] == (operator, parameters)


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("Move column", {"move_type": "Move to index", "move_to_index_parameters": {"column_to_move": "a"}}),
        (
            "Move column",
            {"move_type": "Move to index", "move_to_index_parameters": {"column_to_move": "a", "index": -1}},
        ),
        ("Concatenate columns", {"left_column": "a"}),
        ("Drop column", {}),
    ],
)
def test_what_has_no_equal_says_so(file_of, source, vendor, label, given):
    key = f"{'_'.join(label.lower().split())}_parameters"
    node = vendor("x", "spark.manage_columns", {"operator": label, key: given}, "s")
    made = convert(file_of(source(), node)).nodes[1]
    assert (made.operator, made.mapped) == ("datawrangler.unmapped", False)
    assert made.reason
    assert made.parameters == {
        "name": f"sagemaker.spark.manage_columns_0.1 / {label}",
        "given": given,
        "reason": made.reason,
    }


def test_keys_with_spaces_belong_to_their_label(nodes, source, vendor):
    given = {"operator": "Validate timestamps", "Validate timestamps_parameters": {"policy": "drop"}}
    assert nodes(source(), vendor("x", "spark.time_series", given, "s"))[1][2]["given"] == {"policy": "drop"}


def test_another_version_of_an_operator_is_not_taken_for_the_same(nodes, source, drop):
    later = drop("x", "a", "s") | {"operator": "sagemaker.spark.manage_columns_0.2"}
    assert nodes(source(), later)[1][1] == "datawrangler.unmapped"


def test_a_dataset_of_a_split_stands_for_what_it_reads(nodes, source, vendor, drop):
    split = vendor("x", "spark.split", {"operator": "Randomized split"}, "s")
    train = vendor("t", "dataset.identity", {}, "x.Train", kind="DATASET")
    assert nodes(source(), split, train, drop("d", "a", "t"))[2][3] == ("randomized_split",)


def test_both_inputs_of_a_join_keep_their_places(nodes, source, vendor):
    join = vendor("x", "spark.join_tables", {"left_column": "a"}, "r", "l")
    made = nodes(source("l", "s3://b/left.csv"), source("r", "s3://b/right.csv"), join)
    assert next(n for n in made if n[1] == "datawrangler.unmapped")[3] == ("right", "left")


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({"s3FieldDelimiter": ";"}, {"delimiter": ";"}),
        ({"s3HasHeader": False}, {"header": False}),
        ({"s3HasHeader": "False"}, {"header": False}),
        ({"s3FieldDelimiter": "\\t"}, {"delimiter": "\t"}),
        ({"s3FieldDelimiter": ""}, {}),
        ({"s3Encoding": "UTF_8"}, {}),
        ({"s3Encoding": "ISO-8859-1"}, {"encoding": "ISO-8859-1"}),
        ({"s3SkipLines": None}, {}),
        ({"s3SkipLines": "2.0"}, {"skip": 2}),
        ({"s3SkipLines": "2"}, {"skip": 2}),
    ],
)
def test_options_of_a_csv_source(nodes, source, options, parameters):
    usual = {"path": "s3://bucket/in/people.csv", "infer": False, "rules": "spark"}
    assert nodes(source(**options))[0][2] == {**usual, **parameters}


def test_a_csv_source_with_a_long_delimiter_is_not_read(file_of, source):
    made = convert(file_of(source(s3FieldDelimiter="||"))).nodes[0]
    assert made.operator == "read.parquet"
    assert made.reason.startswith("there is no reader of csv with the delimiter '||'")


def test_other_sources(nodes, source, vendor):
    athena = {
        "dataset_definition": {
            "datasetSourceType": "Athena",
            "name": "sales",
            "catalogName": "AwsDataCatalog",
            "databaseName": "shop",
            "queryString": "select 1",
        }
    }
    made = nodes(
        source("p", "s3://b/p.parquet", s3ContentType="parquet"),
        source("j", "s3://b/j.json", s3ContentType="JSON"),
        source("l", "s3://b/l.json", s3ContentType="jsonl"),
        source("o", "s3://b/o.orc", s3ContentType="orc"),
        source("i", "s3://b/i", s3ContentType="image"),
        source("n", "", s3Uri=None),
        vendor("a", "athena_source", athena, kind="SOURCE"),
    )
    assert [
        (n[1], n[2].get("path") or n[2]["url"]) for n in made if n[1] not in {"write.csv", "files.write"}
    ] == [
        ("read.parquet", "s3://b/p.parquet"),
        ("read.json", "s3://b/j.json"),
        ("read.ndjson", "s3://b/l.json"),
        ("read.orc", "s3://b/o.orc"),
        ("images.read", "s3://b/i"),
        ("read.csv", "input.csv"),
        ("read.sql", "athena://AwsDataCatalog/shop"),
    ]


def test_destinations_are_files_of_ones_own(nodes, source, vendor):
    config = {"output_path": "s3://b/out/", "output_content_type": "PARQUET", "compression": "none"}
    end = vendor(
        "e", "spark.s3_destination", {"output_config": config}, "s", kind="DESTINATION", name="Final"
    )
    assert nodes(source(), end)[1] == (
        "final",
        "write.parquet",
        {"path": "output/final.parquet"},
        ("people",),
    )


@pytest.mark.parametrize(
    ("config", "operator", "parameters"),
    [
        ({}, "write.csv", {"path": "output/final.csv"}),
        (
            {"compression": "gzip", "delimiter": "\\t"},
            "write.csv",
            {"path": "output/final.csv.gz", "delimiter": "\t"},
        ),
        ({"file_type": "parquet", "dataset_name": "x"}, "write.parquet", {"path": "output/final.parquet"}),
        (
            {"output_content_type": "PARQUET", "compression": "snappy", "partition_config": None},
            "write.parquet",
            {"path": "output/final.parquet", "compression": "snappy"},
        ),
        (
            {"compression": "gzip", "partition_config": {"num_partitions": "3", "partition_by": ["a", "b"]}},
            "write.csv",
            {"path": "output/final", "partition_by": ["a", "b"], "files": 3, "compression": "gzip"},
        ),
        (
            {
                "output_content_type": "PARQUET",
                "partition_config": {"num_partitions": 1, "partition_by": "a"},
            },
            "write.parquet",
            {"path": "output/final", "partition_by": ["a"]},
        ),
        (
            {"partition_config": {"num_partitions": None, "partition_by": []}},
            "write.csv",
            {"path": "output/final.csv"},
        ),
    ],
)
def test_options_of_a_destination(nodes, source, vendor, config, operator, parameters):
    end = vendor(
        "e", "spark.s3_destination", {"output_config": config}, "s", kind="DESTINATION", name="Final"
    )
    rules = {"rules": "spark"} if operator == "write.csv" else {}
    assert nodes(source(), end)[1][1:3] == (operator, {**parameters, **rules})


def test_a_table_that_analyses_alone_read_is_written(nodes, source, drop, vendor):
    shown = vendor(
        "v", "visualizations.histogram", {"x_axis": "a", "color_by": "a"}, "d", kind="VISUALIZATION"
    )
    made = nodes(source(), drop("d", "b", "s"), shown)
    assert made[2] == ("histogram", "analyse.histogram", {"column": "a"}, ("drop_column",))
    assert made[3][1:] == (
        "write.csv",
        {"path": "output/drop_column.csv"},
        ("drop_column",),
    )


def test_a_file_of_other_software_is_not_taken():
    assert convert({"metadata": {"version": 1}, "nodes": [{"id": 1}]}) is None
    assert convert({"metadata": 3, "nodes": []}) is None


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda f: f["metadata"].update(version=2), "WF106", "version 2 of Data Wrangler's format"),
        (lambda f: f["nodes"].append(f["nodes"][0]), "WF301", "two nodes have the node_id 's'"),
        (lambda f: f["nodes"].pop(0), "WF302", r"spark.manage_columns / Drop column \(d\) reads from 's'"),
        (lambda f: f["nodes"][1]["inputs"][0].update(node_id="e"), "WF303", "feeds itself"),
        (
            lambda f: f["nodes"][1].update(parameters=[]),
            "WF205",
            "'parameters' of node 2 is a list, and a mapping was expected",
        ),
        (lambda f: f["nodes"][1]["inputs"][0].pop("node_id"), "WF205", "an input of node 2 names no node_id"),
    ],
)
def test_a_damaged_file_is_told(file_of, source, drop, change, code, said):
    data = file_of(source(), drop("d", "a", "s"), drop("e", "b", "d"))
    change(data)
    with pytest.raises(NodeError, match=said) as found:
        convert(data)
    assert found.value.code == code


BIAS = {
    "label_name": "stars",
    "label_values": "5; 4",
    "facet_name": "sex",
    "facet_values": "",
    "group_name": "",
    "is_label_value_or_threshold": "value",
    "default_metrics": {"CI": True, "DPL": True, "JS": False, "CDDL": False},
    "additional_metrics": {"KL": True, "LP": False},
    "show_additional_metrics": "no",
    "name": "Untitled",
}


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({}, {"metrics": ["CI", "DPL"]}),
        (
            {"show_additional_metrics": "yes", "name": "By sex"},
            {"metrics": ["CI", "DPL", "KL"], "title": "By sex"},
        ),
        ({"facet_values": "f;x", "group_name": "town"}, {"disadvantaged": ["f", "x"], "group": "town"}),
        ({"label_values": 5}, {"favourable": ["5"]}),
        ({"default_metrics": None}, {"metrics": ["CI", "DPL", "JS"]}),
    ],
)
def test_bias_reports(nodes, source, vendor, change, made):
    shown = vendor("v", "visualizations.bias_report", BIAS | change, "s", kind="VISUALIZATION")
    wanted = {
        "label": "stars",
        "favourable": ["5", "4"],
        "facet": "sex",
        "as_text": True,
        "metrics": ["CI", "DPL"],
    }
    assert nodes(source(), shown)[1][1:3] == ("analyse.bias", wanted | made)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_facet_value_or_threshold": "threshold"}, "its facet is parted by a threshold"),
        ({"label_values": ""}, "it has no label_values"),
        ({"default_metrics": {"XY": True}}, "there is no metric XY"),
        ({"group_name": "sex"}, "its label, facet and group are not different columns"),
    ],
)
def test_bias_reports_that_have_no_equal(file_of, source, vendor, change, reason):
    shown = vendor("v", "visualizations.bias_report", BIAS | change, "s", kind="VISUALIZATION")
    assert convert(file_of(source(), shown)).nodes[1].reason == reason


def test_scatter_plots_have_panels(nodes, source, vendor):
    given = {"x_axis": "a", "y_axis": "b", "facet_by": "c", "color_by": None, "name": "Seen"}
    shown = vendor("v", "visualizations.scatterplot", given, "s", kind="VISUALIZATION")
    assert nodes(source(), shown)[1][1:3] == (
        "analyse.scatter",
        {"x": "a", "y": "b", "facet": "c", "title": "Seen"},
    )
