# ruff: noqa: E501, ISC004 -- the cases are a table
"""Queries of Spark's SQL that are translated, held against Spark over awkward values; and what is refused."""

from __future__ import annotations

import warnings

import pytest

from weirflow_tabular.sparksql import run
from weirflow_tabular.sparksql.aggregates import AGGREGATES
from weirflow_tabular.sparksql.functions import names
from weirflow_tabular.sparksql.types import UnprovenError
from weirflow_tabular.sparksql.windows import WINDOWED

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


def test_every_aggregate_has_a_case():
    text = " ".join(QUERIES).lower()
    assert [n for n in sorted(AGGREGATES | WINDOWED) if f"{n}(" not in text] == []


def test_the_page_lists_all_of_them(repository):
    page = (repository / "docs" / "reference" / "spark-sql.md").read_text()
    assert [n for n in {*names(), *WINDOWED} if f"`{n}`" not in page] == []


@pytest.fixture
def rows(plain):
    """Rows with floats to twelve digits: sums are added up in other orders."""

    def rows(values):
        return [
            tuple(float(f"{v:.12g}") if isinstance(v := plain(c), float) else v for c in r) for r in values
        ]

    return rows


@pytest.mark.usefixtures("there")
@pytest.mark.parametrize("query", QUERIES)
def test_what_is_asked_is_what_spark_answers(spark, frame, rows, query):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = spark.sql(query)
        theirs = rows(made.collect())
    done = run.translated(query, frame)
    found = run.answer(done, frame)
    kinds = [(f.name, f.dataType.simpleString()) for f in made.schema]
    assert [(n, str(k)) for n, k in done.columns] == kinds
    mine = rows(found.rows())
    if "ORDER BY" not in query.rpartition(")")[2]:
        theirs, mine = sorted(theirs, key=repr), sorted(mine, key=repr)
    assert mine == theirs


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
def test_what_is_not_proven_is_refused_by_name(frame, query, message):
    with pytest.raises(UnprovenError, match=message):
        run.translated(query, frame)
