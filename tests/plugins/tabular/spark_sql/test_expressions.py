# ruff: noqa: E501 -- the cases are a table
"""Each function and each form of Spark's SQL that is translated, held against Spark over awkward values."""

from __future__ import annotations

import random

import pytest

from weirflow.api import NodeError
from weirflow_tabular.sparksql import queries, run
from weirflow_tabular.sparksql.aggregates import AGGREGATES
from weirflow_tabular.sparksql.functions import names
from weirflow_tabular.sparksql.types import UnprovenError

FUNCTIONS = {
    "sqrt": "sqrt(x)|sqrt(n)|sqrt(t)|coalesce(sqrt(x), 5e0)|sqrt(q)",
    "cbrt": "cbrt(x)|cbrt(m)",
    "exp": "exp(y)|exp(m)",
    "ln": "ln(x)|ln(n)|ln(q)",
    "log": "log(x)|log(2, x)|log(y, x)|log(10, n)",
    "log10": "log10(x)|log10(m)",
    "log2": "log2(x)|log2(m)",
    "log1p": "log1p(y)|log1p(x)",
    "pow": "pow(x, 2)|pow(x, y)|pow(n, m)|pow(x, 0.5)|pow(0, y)",
    "power": "power(m, 2)",
    "sign": "sign(x)|sign(m)|sign(q)",
    "signum": "signum(n)",
    "sin": "sin(y)",
    "cos": "cos(y)",
    "tan": "tan(m)",
    "atan": "atan(x)",
    "atan2": "atan2(x, y)",
    "degrees": "degrees(y)",
    "radians": "radians(y)",
    "pi": "pi()",
    "e": "e()",
    "isnan": "isnan(x)|isnan(sqrt(x))|isnan(n)|isnan(cast('NaN' as double))",
    "nanvl": "nanvl(sqrt(x), y)|nanvl(x, 0)",
    "lower": "lower(t)|lower(upper(t))|lower(upper(lower(t)))|lower(concat(t, u))|lower(m)",
    "lcase": "lcase(u)",
    "upper": "upper(t)|upper(u)",
    "ucase": "ucase(t)",
    "length": "length(t)|length(n)|length(d)",
    "char_length": "char_length(u)",
    "character_length": "character_length(t)",
    "len": "len(t)",
    "trim": "trim(t)|trim(concat(' \\t ', t, ' \\n'))",
    "ltrim": "ltrim(t)",
    "rtrim": "rtrim(t)",
    "replace": "replace(t, 'a', 'zz')|replace(t, u, 'q')|replace(t, '', 'x')|replace(t, 'b')|replace(t, u)",
    "substring": "substring(t, 1, 2)|substring(t, 0, 2)|substring(t, -2, 1)|substring(t, -9, 8)|substring(t, 2)|"
    "substring(t, m, 3)|substring(t, 1, m)|substring(t, -1)|substring(n, 2, 3)|substring(t, 5, -1)|substring(d, 1, 4)",
    "substr": "substr(t, 2, 1)|substr(t, 0)",
    "left": "left(t, 2)|left(t, m)|left(t, 0)",
    "right": "right(t, 2)|right(t, m)|right(t, -1)",
    "lpad": "lpad(t, 5, 'xy')|lpad(t, 2, 'x')|lpad(t, 4)|lpad(t, 4, '')|lpad(m, 8, '0')|lpad(t, -1, 'a')",
    "rpad": "rpad(t, 5, 'xy')|rpad(t, 2, 'x')|rpad(t, 4)|rpad(t, 4, '')|rpad(t, 6, u)",
    "instr": "instr(t, 'a')|instr(t, u)|instr(t, '')",
    "locate": "locate('a', t)|locate(u, t, 2)|locate('', t, 3)|locate('b', t, 0)|locate('b', t, m)|locate('', t, m)",
    "position": "position('b', t)|position('c', t, 2)",
    "startswith": "startswith(t, 'a')|startswith(t, u)|startswith(t, '')",
    "endswith": "endswith(t, 'c')|endswith(t, u)",
    "contains": "contains(t, u)|contains(t, '')",
    "repeat": "repeat(t, 3)|repeat(t, 0)|repeat(t, -2)",
    "md5": "md5(t)",
    "rlike": "t rlike '^[a-c]'|t rlike 'b$'|rlike(t, '\\\\s')|t rlike '[aB].'|not t rlike '\\\\d+'|t rlike ''",
    "regexp": "regexp(t, 'x{1,2}')|regexp(t, '[^\\\\w ]')",
    "regexp_like": "regexp_like(t, '\\\\.')",
    "regexp_replace": "regexp_replace(t, '[aeiou]', '*')|regexp_replace(t, '\\\\s+', '')|regexp_replace(t, ',+', ';')|"
    "regexp_replace(n, '0', 'o')",
    "regexp_extract": "regexp_extract(t, '([a-z])(,)?', 1)|regexp_extract(t, '(\\\\d+)')|regexp_extract(t, '[0-9]+', 0)|"
    "regexp_extract(t, '([a-z])(,)?', 2)",
    "split": "split(t, ',')[0]|split(t, ',')[3]|split(t, ',')[9]|split(t, '[_%]')[1]|split(t, ',')[m]|split(t, ' ')[0]|"
    "split(t, '\\\\.')[1]",
    "size": "size(split(t, ','))",
    "year": "year(d)|year(s)|year('2020-05-01')|year(u)",
    "quarter": "quarter(d)",
    "month": "month(d)|month(s)",
    "day": "day(d)",
    "dayofmonth": "dayofmonth(s)",
    "dayofweek": "dayofweek(d)|dayofweek(s)",
    "weekday": "weekday(d)",
    "dayofyear": "dayofyear(d)",
    "weekofyear": "weekofyear(d)|weekofyear(s)",
    "hour": "hour(s)|hour(d)|hour('2020-01-01 05:06:07')",
    "minute": "minute(s)",
    "second": "second(s)|second(u)",
    "date_add": "date_add(d, 1)|date_add(d, -60)|date_add(s, 1)|date_add('2020-01-31', 30)|date_add(d, weekday(d))",
    "dateadd": "dateadd(d, 2)",
    "date_sub": "date_sub(d, 1)|date_sub(d, -2)",
    "datediff": "datediff(d, s)|datediff(s, d)|datediff('2020-03-01', d)",
    "date_diff": "date_diff(d, '2020-01-01')",
    "add_months": "add_months(d, 1)|add_months(d, -13)|add_months(s, 2)|add_months(d, 12)",
    "months_between": "months_between(d, s)|months_between(s, d)|months_between(s, '2020-02-29')|months_between(d, d)",
    "last_day": "last_day(d)|last_day(s)",
    "trunc": "trunc(d, 'month')|trunc(d, 'YEAR')|trunc(d, 'quarter')|trunc(s, 'week')|trunc(d, 'MM')",
    "date_trunc": "date_trunc('hour', s)|date_trunc('DAY', s)|date_trunc('week', s)|date_trunc('month', d)|"
    "date_trunc('year', s)|date_trunc('minute', s)|date_trunc('quarter', s)|date_trunc('second', s)",
    "to_date": "to_date(u)|to_date(s)|to_date(d, 'dd/MM/yyyy')|to_date(t, 'yyyy-MM-dd')|to_date('31/12/2020', 'dd/MM/yyyy')|"
    "to_date(u, 'yyyy-MM-dd')|to_date(date_format(d, 'MM/dd/yyyy'), 'MM/dd/yyyy')|to_date('1/2/2020', 'dd/MM/yyyy')|"
    "to_date(' 2020-01-01', 'yyyy-MM-dd')|to_date('20200230', 'yyyyMMdd')|to_date('20200228', 'yyyyMMdd')",
    "to_timestamp": "to_timestamp(u)|to_timestamp(d)|to_timestamp('2020-01-01 10:11', 'yyyy-MM-dd HH:mm')|"
    "to_timestamp(date_format(s, 'dd.MM.yyyy HH:mm:ss'), 'dd.MM.yyyy HH:mm:ss')|to_timestamp('2020-01-01 24:00', 'yyyy-MM-dd HH:mm')",
    "unix_timestamp": "unix_timestamp(s)|unix_timestamp(d)|unix_timestamp('2020-01-01', 'yyyy-MM-dd')",
    "date_format": "date_format(d, 'yyyy-MM-dd')|date_format(s, \"dd/MM/yyyy'T'HH:mm:ss\")|date_format(s, 'EEEE d MMMM yy')|"
    "date_format(s, 'E MMM M H hh a')|date_format(d, 'yyyyMM')|date_format(u, 'MM')",
    "from_unixtime": "from_unixtime(m)|from_unixtime(m * 60)|from_unixtime(m, 'yyyy/MM/dd')|from_unixtime(unix_timestamp(s))",
    "abs": "abs(x)|abs(n)|abs(m)|abs(q)|abs(t)",
    "floor": "floor(x)|floor(n)|floor(m)|floor(q)|floor(x / y)|floor(sqrt(x))|floor(2.7)|floor(t)",
    "ceil": "ceil(y)|ceil(cast(n as double))|int(n * 1e0)|ceil(q)|ceil(m)|ceil(-0.5)",
    "ceiling": "ceiling(x)",
    "round": "round(x)|round(x, 1)|round(x, 2)|round(y, 3)|round(q, 1)|round(q)|round(n)|round(m, 2)|round(2.5)|round(-2.5)|"
    "round(x / y, 2)|round(0.1250, 3)|round(t, 1)|round(q, 5)|round(x * 100, 6)",
    "greatest": "greatest(x, y)|greatest(n, m)|greatest(t, u)|greatest(x, n, 0)|greatest(sqrt(x), y)|greatest(q, 1)|greatest(d, s)",
    "least": "least(x, y)|least(n, m)|least(t, u, 'b')|least(sqrt(x), y)|least(q, 0.5)|least(null, m)",
    "coalesce": "coalesce(n, m, 0)|coalesce(t, 'none')|coalesce(x, n)|coalesce(q, 0)|coalesce(m, t)|coalesce(d, s)|coalesce(null, x)|"
    "coalesce(q, 0.125)",
    "nvl": "nvl(n, 0)|nvl(t, u)|nvl(x, 1)",
    "ifnull": "ifnull(m, 0)|ifnull(u, '-')",
    "nvl2": "nvl2(t, 1, 0)|nvl2(x, n, m)|nvl2(b, 'y', 'n')",
    "nullif": "nullif(n, 0)|nullif(t, '')|nullif(x, 0)|nullif(t, u)|nullif(m, n)|nullif(t, 12)",
    "mod": "mod(n, 3)|mod(x, 2)|mod(n, m)|mod(x, y)",
    "pmod": "pmod(n, 3)|pmod(m, -3)|pmod(x, 2)|pmod(n, m)|pmod(y, x)",
    "isnull": "isnull(x)|isnull(t)|isnull(x / 0)",
    "isnotnull": "isnotnull(b)|isnotnull(x + y)",
    "concat": "concat(t, '-', u)|concat(d, 'T00:00:00Z')|concat(t, n, b)|concat(q, '!')|concat(s, t)|concat(t)",
    "concat_ws": "concat_ws('-', t, u, 'z')|concat_ws(u, t, n)|concat_ws('', d, m)",
    "int": "int(t)|int(x)|int(n)|int(q)|int(b)|int(s)",
    "bigint": "bigint(t)|bigint(x)|bigint(q)|bigint(s)|bigint(b)|bigint('-')|bigint('1.9')",
    "double": "double(t)|double(n)|double(q)|double(s)|double(b)|double('inf')|double(' nan')",
    "string": "string(n)|string(d)|string(s)|string(b)|string(q)",
    "boolean": "boolean(t)|boolean(u)|boolean(n)|boolean(x)|boolean(q)",
    "date": "date(u)|date(s)|date(t)",
    "timestamp": "timestamp(u)|timestamp(d)|timestamp(m)|timestamp(t)",
}  # fmt: skip
FORMS = [
    "x + y|x - n|n + m|m - 1|m * m|n * n|n * 2|m * 2|m + 2147483647|n + 9223372036854775807|-x|-n|-m|-q|(x - y) * (x + 1)",
    "x / y|n / m|m / 2|q / 3|n / 10.0|m / 10.0|q / q|x / 10.0|1 / 3|1 / 0|7 / 2.5|0.3 * 0.5|0.3 * x|0.3 * n|n * 0.5|q * q|q + 1|q - 0.125",
    "q + n|q * x|0.1 + 0.2|1.10 - 0.1|n % 3|m % n|x % y|-7 % 3|7 % 0|n div 3|n div m|m div 0|x % 2|n % -2|1e3 * m|t + 1|t * x|'3' + '4'",
    "x > y|n = m|n <> 2|x >= n|t = 'a'|t < 'b'|b|not b|b and x > 0|b or n < 0|x <=> y|t <=> u|n == 1|q > 0.5|q = m|d < s|u > 8|t = 12",
    "d = '2020-02-29'|s >= '2020-01-01 00:00:00'|t = u|sqrt(x) > 1e300|sqrt(x) = sqrt(x)|b = true|b <> 'true'|x is null|t is not null",
    "b is true|b is not true|b is false|x between 0 and 5|n not between -5 and 5|t between 'a' and 'c'|d between '2019-01-01' and '2021-01-01'",
    "n in (1, 3, 5)|t in ('a', 'Bc')|t not in ('a', '12')|x in (3, 2.5)|n in (1, null)|m in (7, '12')|t like 'a%'|t like '%,_'|t not like 'a%'",
    "case when x > 0 then n when y > 0 then m else 0 end|case when n > 0 then 'pos' end|case m when 2 then 'two' when 4 then 'four' else t end",
    "if(b, t, 'no')|if(x > 0, 1, 0)|if(b, n, x)|if(b, q, 1)|case when b then null else m end|t || '-' || u|n || t|cast(x as int)|cast(n as int)",
    "cast(t as decimal(10,2))|cast(x as decimal(5,4))|cast(y as decimal(20,10))|cast(x * 1e-3 as decimal(9,5))|cast(x as decimal(12,3))|cast(q as decimal(5,1))|cast(n as decimal(10,0))|cast(q as bigint)|cast(q as double)",
    "cast(t as double)|cast(t as bigint)|cast(t as int)|cast(t as boolean)|cast(u as date)|cast(u as timestamp)|cast(d as timestamp)",
    "cast(s as bigint)|cast(s as double)|cast(s as date)|cast(b as int)|cast(true as string)|cast(null as int)|cast(m as double) / 3",
    "date '2020-01-01'|timestamp '2020-01-01 10:00:00'|1L|2.5d|1e-3|.5|5.|0.30|'a\\'b'|'a\\nb'|'a\\\\b'|\"dq\"|2147483648",
    "X + Y|`x` * 2e0|(n)|true and null|null or true|not null|d > s|datediff(s, d) / 365.25|round(datediff(s, d) / 365.25, 1)|year(s) - year(d)",
    "0.3*x + 0.1*y + 0.1*x|round((cast(s as bigint) - cast(timestamp(d) as bigint)) / 60, 2)|log(x + 1)|coalesce(x, 0) + coalesce(y, 0)",
]  # fmt: skip
NEAR = ("exp", "log", "ln(", "pow", "sin", "cos", "tan", "cbrt", "degrees", "radians", "e()")
"""Functions whose last digits are the machine's."""


def cases():
    for name, text in FUNCTIONS.items():
        yield from ((name, e) for e in text.split("|") if e)
    for line in FORMS:
        yield from (("", e) for e in _split(line))


def _split(line):
    """At single bars."""
    return line.replace("||", "\0").replace("|", "\1").replace("\0", "||").split("\1")


@pytest.fixture(scope="module")
def wanted(there, told):
    return told(there, list(dict.fromkeys(e for _, e in cases())))


@pytest.mark.parametrize("name", [*FUNCTIONS, ""])
def test_what_is_computed_is_what_spark_computes(name, wanted, ours, same):
    wrong = {}
    for of, expression in cases():
        if of != name:
            continue
        kind, values = wanted[expression]
        try:
            found = ours(expression)
        except NodeError as error:
            found = ("error", error.message)
        kind = "string" if kind == "void" else kind
        if found[0] != kind or not same(found[1], values, near=any(f in expression for f in NEAR)):
            wrong[expression] = found, (kind, values)
    assert wrong == {}


def test_every_function_has_a_case():
    assert sorted(FUNCTIONS) == sorted(set(names()) - AGGREGATES)


_LEAVES = {
    "number": ["x", "y", "n", "m", "q", "2", "0.5", "-3", "1e0", "length(t)", "month(d)", "cast(t as int)"],
    "text": [
        "t",
        "u",
        "'a'",
        "upper(t)",
        "cast(n as string)",
        "trim(u)",
        "substring(t, 2)",
        "cast(d as string)",
    ],
    "test": ["b", "x > 0", "t = u", "n is null", "d < '2020-01-01'", "m in (1, 2)", "t like '%a%'"],
    "day": ["d", "date_add(d, 3)", "to_date(u)", "last_day(d)", "cast(s as date)"],
}
_GROWN = {
    "number": [
        "({number} + {number})", "({number} - {number})", "({number} * {number})", "({number} / {number})", "abs({number})",
        "({number} % {number})", "round({number}, 1)", "floor({number})", "coalesce({number}, {number})", "-({number})",
        "greatest({number}, {number})", "least({number}, {number})", "if({test}, {number}, {number})", "sqrt({number})",
        "case when {test} then {number} when {test} then {number} end", "nullif({number}, {number})", "datediff({day}, {day})",
        "instr({text}, {text})", "length({text})", "year({day})", "cast({number} as int)", "cast({text} as double)",
        "cast({number} as bigint)", "cast({number} as double)", "cast({number} as decimal(12,2))", "sign({number})", "cast({test} as int)",
    ],
    "text": [
        "concat({text}, {text})", "lower({text})", "if({test}, {text}, {text})", "coalesce({text}, {text})", "substring({text}, 1, 3)",
        "lpad({text}, 4, 'z')", "replace({text}, 'a', 'b')", "concat_ws('/', {text}, {text})", "split({text}, ',')[0]",
        "regexp_replace({text}, '[0-9]+', '#')", "date_format({day}, 'yyyy/MM')", "coalesce({text}, {day})",
    ],
    "test": [
        "({number} > {number})", "({number} = {number})", "({text} = {text})", "({test} and {test})", "({test} or {test})", "(not {test})",
        "({number} between {number} and {number})", "({text} = {number})", "({day} >= {day})", "({number} is null)", "({number} in (1, {number}))",
        "({text} <=> {text})", "isnan({number})", "({text} < {day})", "cast({text} as boolean)", "cast({number} as boolean)",
    ],
    "day": ["add_months({day}, 1)", "date_sub({day}, 40)", "trunc({day}, 'month')", "if({test}, {day}, {day})", "greatest({day}, {day})"],
}  # fmt: skip


def grown(chance, kind, depth):
    if depth == 0:
        return chance.choice(_LEAVES[kind])
    text = chance.choice(_GROWN[kind])
    for part in _LEAVES:
        while "{" + part + "}" in text:
            text = text.replace("{" + part + "}", grown(chance, part, depth - 1), 1)
    return text


def test_expressions_within_expressions(there, frame, told, ours, same):
    chance = random.Random(4)
    made = [
        grown(chance, kind, depth)
        for depth, times in ((1, 30), (2, 40))
        for kind in _LEAVES
        for _ in range(times)
    ]
    accepted = []
    for expression in dict.fromkeys(made):
        try:
            queries.expression(
                expression, tuple((n, run.of_polars(k, i)) for i, (n, k) in enumerate(frame.schema.items()))
            )
        except UnprovenError:
            continue
        accepted.append(expression)
    assert len(accepted) > 180
    wanted, wrong = told(there, accepted), {}
    for expression in accepted:
        kind, values = wanted[expression]
        found = ours(expression)
        if found[0] != kind or not same(found[1], values, near=True):
            wrong[expression] = found, (kind, values)
    assert wrong == {}
