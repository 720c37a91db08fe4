# ruff: noqa: E501, DTZ001, ISC004 -- the cases are a table, of times without a zone
"""Each function and each form of Spark's SQL that is translated, held against Spark over awkward values."""

from __future__ import annotations

import math
import random
import warnings
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from weirflow.api import NodeError
from weirflow_tabular.sparksql import queries, run
from weirflow_tabular.sparksql.functions import names
from weirflow_tabular.sparksql.types import UnprovenError
from weirflow_tabular.sparksql.windows import WINDOWED

FRAME = pl.DataFrame(
    {
        "x": [0.1, -2.5, 1e10, 3.0, None, 0.0, -0.4, 7.5, 1e300, -1e-7, 2.345, 1.005, -0.5, 2.5],
        "y": [3.0, 0.0, -1.5, None, 2.0, 0.0, 1.0, 0.25, -1e300, 10.0, 0.5, -7.0, 1e-9, 3.0],
        "n": [1, -7, 0, None, 5, 2**40, 3, 0, -(2**63), 2**63 - 1, 12, -1, 7, 100],
        "m": [2, 0, -3, 4, None, 9, 3, 1, -1, 2**31 - 1, -(2**31), 7, 12, -5],
        "t": ["a", "Bc", "", None, "12", "3.7", "true", "ß é", " x ", "a,b,,c", "a%b_c", "2020-02-30", "İΣ", "\t1e2\n"],
        "u": ["a", "c", "b", "x", None, ".", "TRUE", "é", " ", ",", "%", "2020-02-29", "i", "2020-1-5 3:04:05.6"],
        "b": [True, False, None, True, False, None, True, False, True, True, False, None, False, True],
        "d": [
            date(2020, 2, 29), date(2019, 12, 31), date(1970, 1, 1), None, date(1969, 12, 28), date(2000, 1, 2),
            date(1600, 3, 1), date(2024, 8, 31), date(2023, 1, 1), date(2021, 1, 3), date(2020, 12, 31),
            date(1900, 2, 28), date(2016, 2, 29), date(2022, 11, 30),
        ],
        "s": [
            datetime(2020, 2, 29, 23, 59, 59, 999999), datetime(2019, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 500000),
            datetime(1970, 1, 1), None, datetime(2000, 1, 31, 12, 30), datetime(1850, 7, 4, 1, 2, 3), datetime(2024, 3, 31, 6),
            datetime(2024, 2, 29, 6), datetime(2021, 10, 31, 2, 30), datetime(2020, 3, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 8),
            datetime(2022, 11, 30), datetime(2022, 12, 31, 23, 0),
        ],
        "q": [
            Decimal(v) if v else None
            for v in ("1.25", "-0.05", "0.00", None, "99999999.99", "-2.50", "0.01", "7.75", "1.00", "3.15", "-1.25", "", "5.00", "10.10")
        ],
    },
    schema_overrides={"m": pl.Int32, "q": pl.Decimal(10, 2)},
)  # fmt: skip
TYPES = (
    "x double, y double, n bigint, m int, t string, u string, b boolean, d date, s timestamp, q decimal(10,2)"
)
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
def there(spark):
    """The table as Spark has it, by the name df too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame(FRAME.rows(), TYPES).coalesce(1)
    table.createOrReplaceTempView("df")
    return table


def plain(value):
    return None if isinstance(value, float) and math.isnan(value) else value


def told(table, expressions):
    """What Spark gives for expressions: types and values, by expression."""
    found = {}
    for start in range(0, len(expressions), 80):
        part = expressions[start : start + 80]
        made = table.selectExpr(*(f"{e} as z{i}" for i, e in enumerate(part)))
        rows = made.collect()
        for i, e in enumerate(part):
            found[e] = made.schema[i].dataType.simpleString(), [plain(r[i]) for r in rows]
    return found


@pytest.fixture(scope="module")
def wanted(there):
    return told(there, list(dict.fromkeys(e for _, e in cases())))


def ours(expression):
    columns = tuple((n, run.of_polars(k, i)) for i, (n, k) in enumerate(FRAME.schema.items()))
    kind = str(queries.expression(expression, columns).type)
    compute, dtype = run.computing(expression, FRAME.clear())
    made = compute(FRAME)
    assert made.dtype == dtype
    return kind, made.to_list()


def same(found, values, *, near=False):
    if near:
        return all(
            a == b
            or (
                isinstance(a, float)
                and isinstance(b, float)
                and math.isclose(a, b, rel_tol=2e-14, abs_tol=1e-300)
            )
            for a, b in zip(found, values, strict=True)
        )
    return found == values and all(type(a) is type(b) for a, b in zip(found, values, strict=True))


@pytest.mark.parametrize("name", [*FUNCTIONS, ""])
def test_what_is_computed_is_what_spark_computes(name, wanted):
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
    from weirflow_tabular.sparksql.aggregates import AGGREGATES

    assert sorted(FUNCTIONS) == sorted(set(names()) - AGGREGATES)
    text = " ".join(QUERIES).lower()
    assert [n for n in sorted(AGGREGATES | WINDOWED) if f"{n}(" not in text] == []


def test_the_page_lists_all_of_them(repository):
    page = (repository / "docs" / "reference" / "spark-sql.md").read_text()
    assert [n for n in {*names(), *WINDOWED} if f"`{n}`" not in page] == []


QUERIES = [
    "SELECT * FROM df",
    "SELECT x, N, `t` FROM df WHERE n > 0 AND t IS NOT NULL",
    "SELECT b, count(*) AS c, sum(n) AS s, avg(y) AS a, min(t) AS lo, max(d) AS hi FROM df GROUP BY b ORDER BY b",
    "SELECT b, count(*), sum(m), avg(x), min(s), max(q) FROM df GROUP BY b",
    "SELECT sum(q) AS a, sum(y) AS b, sum(t) AS c, avg(m) AS d, count(x) AS e, count(DISTINCT b) AS f, count(DISTINCT b, m) AS g FROM df",
    "SELECT sum(DISTINCT m) AS a, stddev(m) AS b, std(m) AS b2, stddev_samp(y) AS c, stddev_pop(m) AS d, variance(m) AS e, "
    "var_samp(m) AS f, var_pop(m) AS g, mean(m) AS h, median(m) AS i, percentile(m, 0.3) AS j, avg(DISTINCT m) AS k FROM df WHERE m < 100",
    "SELECT count_if(b) AS a, bool_and(b) AS b, bool_or(b) AS c, every(x > 0) AS d, any(x > 1e9) AS e, some(b) AS f, min(b) AS g FROM df",
    "SELECT stddev(m) AS a, sum(m) AS b, avg(m) AS c, count(m) AS d, count(*) AS e, max(m) AS f FROM df WHERE m > 10000000000",
    "SELECT stddev(m) AS a FROM df WHERE m = 2",
    "SELECT sum(n) AS wraps, sum(sqrt(x)) AS nan FROM df",
    "SELECT year(d) AS yr, count(*) AS c FROM df GROUP BY year(d) HAVING count(*) > 1 OR yr < 1950 ORDER BY yr DESC",
    "SELECT year(d) AS yy, count(*) AS c FROM df GROUP BY yy ORDER BY 1",
    "SELECT m > 0 AS p, b, count(*) AS c FROM df GROUP BY 1, 2 ORDER BY p NULLS LAST, b DESC NULLS FIRST",
    "SELECT b, sum(m) AS s FROM df GROUP BY b HAVING sum(m) > 0",
    "SELECT t FROM df ORDER BY t", "SELECT x FROM df ORDER BY x DESC", "SELECT x FROM df ORDER BY y, x", "SELECT sqrt(x) AS r FROM df ORDER BY r DESC",
    "SELECT x FROM df ORDER BY abs(x) LIMIT 3", "SELECT n FROM df ORDER BY n LIMIT 2 OFFSET 3", "SELECT n FROM df ORDER BY -n NULLS LAST",
    "SELECT b, sum(m) AS s FROM df GROUP BY b ORDER BY max(x), b", "SELECT DISTINCT b FROM df ORDER BY b", "SELECT DISTINCT b, m > 0 AS p FROM df",
    "WITH a AS (SELECT b, avg(y) AS v FROM df GROUP BY b), c AS (SELECT * FROM a WHERE v > 0) SELECT df.n, c.v FROM df JOIN c ON df.b = c.b",
    "WITH a(k, w) AS (SELECT b, count(*) AS c FROM df GROUP BY b) SELECT k, w FROM a",
    "SELECT l.n, r.m FROM df l JOIN df r ON l.m = r.m", "SELECT l.n, r.m FROM df AS l LEFT JOIN df AS r ON l.m = r.n + 1",
    "SELECT l.n AS a, r.m AS b FROM df l RIGHT OUTER JOIN df r ON l.n = r.m", "SELECT l.n AS a, r.m AS b FROM df l FULL OUTER JOIN df r ON l.n = r.m",
    "SELECT n FROM df l LEFT SEMI JOIN (SELECT m FROM df) r ON l.n = r.m", "SELECT n FROM df l LEFT ANTI JOIN (SELECT m FROM df) r ON l.n = r.m",
    "SELECT l.t, r.b FROM (SELECT t FROM df) l CROSS JOIN (SELECT DISTINCT b FROM df) r", "SELECT l.t, r.b FROM df l, df r WHERE l.b AND r.b AND l.m = r.m",
    "SELECT * FROM (SELECT m, t FROM df) JOIN (SELECT m, u FROM df) USING (m)",
    "SELECT * FROM (SELECT t, m FROM df) l FULL JOIN (SELECT n - 1 AS nn, m FROM df WHERE m > 0) r USING (m)",
    "SELECT * FROM (SELECT t, m FROM df WHERE m < 5) l RIGHT JOIN (SELECT n, m FROM df WHERE m > 0) r USING (m)",
    "SELECT l.*, r.u AS v FROM (SELECT m, t FROM df) l JOIN df r ON l.t = r.u",
    "SELECT n FROM df UNION ALL SELECT m FROM df", "SELECT b FROM df UNION SELECT x > 0 FROM df", "SELECT n FROM df UNION ALL SELECT x FROM df",
    "SELECT m FROM df INTERSECT SELECT n FROM df", "SELECT m FROM df EXCEPT SELECT n FROM df", "SELECT t FROM df UNION ALL SELECT n FROM df",
    "SELECT q FROM df UNION ALL SELECT 1.125", "SELECT n AS k FROM df UNION ALL SELECT m FROM df ORDER BY k DESC LIMIT 5",
    "SELECT n FROM df WHERE n IN (SELECT m FROM df WHERE m IS NOT NULL AND m > 0) OR n < -100",
    "SELECT n, (SELECT max(m) FROM df) AS top FROM df WHERE x > (SELECT avg(y) FROM df WHERE y < 100 AND y > 0)",
    "SELECT n FROM df o WHERE EXISTS (SELECT 1 FROM df i WHERE i.m = o.n)", "SELECT n FROM df o WHERE NOT EXISTS (SELECT 1 FROM df i WHERE i.m = o.n)",
    "SELECT n, row_number() OVER (ORDER BY n) AS a, rank() OVER (ORDER BY b) AS b, dense_rank() OVER (ORDER BY b DESC) AS c FROM df",
    "SELECT n, percent_rank() OVER (ORDER BY n) AS a, cume_dist() OVER (PARTITION BY b ORDER BY n) AS b, ntile(4) OVER (ORDER BY n) AS c FROM df",
    "SELECT n, lag(n) OVER (ORDER BY n) AS a, lead(t, 2) OVER (ORDER BY n) AS b, lag(m, 1, 0) OVER (PARTITION BY b ORDER BY n DESC) AS c FROM df",
    "SELECT n, sum(m) OVER (PARTITION BY b) AS a, count(*) OVER (PARTITION BY b ORDER BY n) AS b, avg(m) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS c FROM df",
    "SELECT n, first_value(t) OVER (PARTITION BY b ORDER BY n) AS a, last_value(t) OVER (PARTITION BY b ORDER BY n) AS b, "
    "last(t) OVER (PARTITION BY b ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS c, "
    "first(m) OVER (ORDER BY n ROWS 1 PRECEDING) AS d FROM df",
    "SELECT n, sum(m) OVER w AS a, max(t) OVER w AS b FROM df WINDOW w AS (PARTITION BY b ORDER BY n)",
    "SELECT * FROM (SELECT n, b, row_number() OVER (PARTITION BY b ORDER BY n DESC) AS r FROM df) WHERE r = 1",
    "SELECT sum(m) FILTER (WHERE b) AS a, count(*) FILTER (WHERE x > 0) AS c FROM df", "SELECT b, sum(m) / count(*) AS r, sum(sum(m)) OVER () AS total FROM df GROUP BY b",
    "SELECT t RLIKE '(?:a|B).|^$' AS r FROM df", "SELECT 1 AS one, 'x' AS t, NULL AS nothing", "SELECT max(x) - min(y) AS r FROM df WHERE abs(x) < 100", "SELECT b FROM df GROUP BY b",
    "SELECT CASE WHEN m > 0 THEN 'p' ELSE 'q' END AS g, count(*) AS c FROM df GROUP BY CASE WHEN m > 0 THEN 'p' ELSE 'q' END",
    "SELECT concat(t, '!') AS k, count(*) AS c FROM df GROUP BY concat(t, '!') ORDER BY k", "SELECT upper(t) AS k FROM df GROUP BY upper(t)",
]  # fmt: skip


def rows(values):
    """Rows with floats to twelve digits: sums are added up in other orders."""
    return [tuple(float(f"{v:.12g}") if isinstance(v := plain(c), float) else v for c in r) for r in values]


def check(spark, query):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = spark.sql(query)
        theirs = rows(made.collect())
    done = run.translated(query, FRAME)
    found = run.answer(done, FRAME)
    kinds = [(f.name, f.dataType.simpleString()) for f in made.schema]
    assert [(n, str(k)) for n, k in done.columns] == kinds
    mine = rows(found.rows())
    if "ORDER BY" not in query.rpartition(")")[2]:
        theirs, mine = sorted(theirs, key=repr), sorted(mine, key=repr)
    assert mine == theirs


@pytest.mark.usefixtures("there")
@pytest.mark.parametrize("query", QUERIES)
def test_what_is_asked_is_what_spark_answers(spark, query):
    check(spark, query)


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


def test_expressions_within_expressions(there):
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
                expression, tuple((n, run.of_polars(k, i)) for i, (n, k) in enumerate(FRAME.schema.items()))
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


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT soundex(t) AS z FROM df", "the function `soundex` is not known"),
        ("SELECT current_timestamp() AS z FROM df", "the function `current_timestamp`"),
        ("SELECT rand() AS z FROM df", "the function `rand`"),
        ("SELECT collect_list(t) AS z FROM df", "the function `collect_list`"),
        ("SELECT first(t) AS z FROM df", "the function `first`"),
        ("SELECT cast(x AS string) AS z FROM df", "a cast of double to string"),
        ("SELECT t RLIKE '[[^a]' AS z FROM df", "the pattern"),
        ("SELECT t RLIKE '(?i)a' AS z FROM df", "the pattern"),
        ("SELECT regexp_replace(t, 'a*', '') AS z FROM df", "which finds empty text"),
        ("SELECT t RLIKE '\\d' AS z FROM df", r"'\\d' in a text"),
        ("SELECT 'it''s' AS z FROM df", "is not known"),
        ("SELECT x < n = b AS z FROM df", "is not known"),
        ("SELECT b <=> x > 0 AS z FROM df", "is not known"),
        ("SELECT n || m + 1 AS z FROM df", "is not known"),
        ("SELECT date_format(d, 'YYYY') AS z FROM df", "'YYYY' in the format"),
        ("SELECT round(x, -1) AS z FROM df", "with such a number of places"),
        ("SELECT x * 2 FROM df", "the name of 'x \\* 2'"),
        ("SELECT b, count(*) AS c FROM df GROUP BY b WITH ROLLUP", "is not known"),
        ("SELECT * FROM df TABLESAMPLE (10 ROWS)", "is not known"),
        ("SELECT d + INTERVAL 1 DAY AS z FROM df", "is not known"),
        ("SELECT t = 0.5 AS z FROM df", "of string and decimal"),
        ("SELECT b = 1 AS z FROM df", "of boolean and int"),
        ("SELECT * FROM df NATURAL JOIN df r", "is not known"),
        ("SELECT q * q * q * q * q AS z FROM df", "more than 38 digits"),
        ("SELECT lag(n) OVER (PARTITION BY b) AS z FROM df", "is not known"),
    ],
)
def test_what_is_not_proven_is_refused_by_name(query, message):
    with pytest.raises(UnprovenError, match=message):
        run.translated(query, FRAME)
