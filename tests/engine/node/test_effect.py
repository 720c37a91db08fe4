"""`Effect.apply` against schemas written out by hand."""

import pytest

from weirflow.api import FLOAT64, INT64, STRING, Column, DType, Effect, Inputs, Made, Open, Schema


@pytest.fixture
def people():
    return Schema.of(name="string", age="int64", city="string")


def test_a_column_made_in_place_keeps_its_place(people):
    after = Effect(makes={"age": Made(of=("age",), dtype=FLOAT64)}).apply(people)
    assert str(after) == "name: string, age: float64, city: string"


def test_a_new_column_is_appended(people):
    after = Effect(makes={"older": Made(of=("age",), dtype=INT64)}).apply(people)
    assert after.names == ("name", "age", "city", "older")


def test_a_rename_takes_the_place_and_the_type_of_what_it_renames(people):
    after = Effect(makes={"years": Made(of=("age",), alias=True)}, drops=("age",)).apply(people)
    assert after.names == ("name", "years", "city")
    assert after.dtype("years") == INT64


def test_two_columns_may_swap_their_names(people):
    effect = Effect(
        makes={"city": Made(of=("name",), alias=True), "name": Made(of=("city",), alias=True)},
        drops=("name", "city"),
    )
    after = effect.apply(people)
    assert set(after.names) == {"name", "age", "city"}
    assert len(after) == 3


def test_a_copy_keeps_the_original(people):
    after = Effect(makes={"town": Made(of=("city",), alias=True)}).apply(people)
    assert after.names == ("name", "age", "city", "town")
    assert after.dtype("town") == STRING


def test_drops_and_keeps(people):
    assert Effect(drops=("age",)).apply(people).names == ("name", "city")
    assert Effect(keep=("city", "name"), order=("city", "name")).apply(people).names == ("city", "name")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("city", ...), ("city", "name", "age")),
        ((..., "name"), ("age", "city", "name")),
        (("city", ..., "name"), ("city", "age", "name")),
    ],
)
def test_order(people, order, expected):
    assert Effect(order=order).apply(people).names == expected


def test_an_open_slot_may_hold_what_begins_with_its_prefix(people):
    after = Effect(drops=("city",), opens={"city_": ("city",)}).apply(people)
    assert after.is_open
    assert after.may_have("city_rome")
    assert not after.may_have("town_rome")
    assert after.missing(["name", "city_rome", "town"]) == ("town",)


def test_an_open_slot_stays_through_later_nodes():
    schema = Schema((Column("a", INT64), Open("b_")))
    after = Effect(makes={"c": Made(of=("a",))}).apply(schema)
    assert after.names == ("a", "c")
    assert after.may_have("b_x")


def test_a_column_under_an_open_slot_can_be_asked_for_by_name():
    after = Effect(keep=("a", "b_x")).apply(Schema((Column("a", INT64), Open("b_"))))
    assert after.names == ("a", "b_x")
    assert not after.is_open
    assert after.dtype("b_x") is None


def test_nothing_is_known_behind_an_opaque_node(people):
    after = Effect.unknown().apply(people)
    assert after.names == ()
    assert after.may_have("anything")


def test_privacy_follows_what_a_column_is_made_of():
    schema = Schema((Column("name", STRING, personal=True), Column("age", INT64)))
    after = Effect(makes={"initial": Made(of=("name",)), "double": Made(of=("age",))}).apply(schema)
    assert after["initial"].personal
    assert not after["double"].personal


@pytest.mark.parametrize(
    "text", ["int64", "string", "datetime", "datetime[UTC]", "list[string]", "list[list[int8]]"]
)
def test_types_are_read_as_they_are_written(text):
    assert str(DType.parse(text)) == text


@pytest.mark.parametrize("text", ["integer", "int64[x]", "", "list[nope]"])
def test_other_types_are_refused(text):
    with pytest.raises(ValueError, match="unknown type"):
        DType.parse(text)


def test_what_is_personal_stays_so_where_columns_are_not_known():
    left = Schema((Column("name", STRING, personal=True), Column("age", INT64)))
    right = Schema((Column("code", INT64, personal=True),))
    both = Inputs([("left", left), ("right", right)])
    assert Effect.unknown().apply(left).is_personal("whatever")
    assert not Effect.unknown().apply(left.select(["age"])).has_personal  # nothing was
    aged = left.select(["age"])
    assert Effect.unknown().apply(aged, Inputs([("left", aged), ("right", right)])).is_personal("whatever")
    opened = Effect(opens={"name_": ("name",), "age_": ("age",)}).apply(left)
    assert [opened.is_personal(c) for c in ("name_x", "age_3", "age", "name")] == [True, False, False, True]
    kept = Effect(keep=("name_x", "age_3"), order=("name_x", "age_3")).apply(opened)
    assert [c.personal for c in kept] == [True, False]
    assert Effect(makes={"i": Made(of=("name_x",))}).apply(opened)["i"].personal
    looked_up = Effect(makes={"code": Made(of=("code",), alias=True, port="right")}).apply(left, both)
    assert (looked_up["code"].personal, looked_up["code"].dtype) == (True, INT64)
    found = Schema.of(name_x="int64", age="int64", other="string")
    assert [c.personal for c in opened.turned_out(found)] == [True, False, False]
