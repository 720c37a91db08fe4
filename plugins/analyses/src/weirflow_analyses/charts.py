"""Charts as Vega-Lite specifications, built with Altair. Importing this module does not load Altair.

A specification carries its own data and says nothing of colours, fonts or backgrounds: whoever shows it applies
one theme for light and dark. Without Altair the specification is None and the data stands for the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weirflow.api import Cell, Chart

WIDTH, HEIGHT = 480, 260
PANEL_WIDTH, PANEL_HEIGHT, PANELS_ABREAST = 200, 150, 3
ROW_HEIGHT = 24
LABEL_LIMIT = 260
POINT_SIZE = 28
UPRIGHT_MOST, UPRIGHT_LONGEST = 8, 12  # bars stand upright while so few names are so short

Record = Mapping[str, Cell]


@dataclass(frozen=True)
class Series:
    """A column that tells bars or points apart by colour, or spreads them over panels: its title and names in order."""

    title: str
    names: Sequence[str]


def histogram(
    chart: Chart,
    records: Sequence[Record],
    *,
    axis: str,
    ticks: Sequence[float],
    colour: Series | None,
    facet: Series | None,
) -> Chart:
    """Stacked bars over bins of a number; records hold `low`, `high`, `rows`, `colour`, `facet`."""

    def build(alt: Any) -> Any:
        panel = _panel(facet)
        bars = (
            alt.Chart(_data(alt, _ranked(records, colour)))
            .mark_bar()
            .encode(
                x=alt.X(
                    "low:Q", bin="binned", title=axis, axis=alt.Axis(values=list(ticks), labelOverlap=True)
                ),
                x2="high:Q",
                y=alt.Y("rows:Q", title="rows"),
                **_colour(alt, colour),
                tooltip=[
                    alt.Tooltip("low:Q", title=f"{axis} from"),
                    alt.Tooltip("high:Q", title=f"{axis} to"),
                    *_tips(alt, colour, facet),
                    alt.Tooltip("rows:Q", title="rows", format=","),
                ],
            )
        )
        return _faceted(alt, bars.properties(width=panel[0], height=panel[1]), facet)

    return _with_spec(chart, build)


def bars(
    chart: Chart,
    records: Sequence[Record],
    *,
    axis: Series,
    value: str = "rows",
    colour: Series | None = None,
    facet: Series | None = None,
    shares: bool = False,
    flat: bool = False,
) -> Chart:
    """Bars, stacked by colour, for each name; records hold `name`, `value`, `colour`, `facet`.

    With `shares` every bar is stretched to 100 %. Bars lie on their side where names are long or many, or `flat`.
    """
    upright = (
        not flat
        and len(axis.names) <= (UPRIGHT_MOST if facet is None else UPRIGHT_MOST // 2)
        and max(map(len, axis.names), default=0) <= UPRIGHT_LONGEST
    )

    def build(alt: Any) -> Any:
        label = alt.Axis(labelAngle=0, labelLimit=LABEL_LIMIT)
        lengths = alt.Axis(format="%") if shares else alt.Axis(tickCount=6)
        stack = "normalize" if shares else "zero"
        names = {"shorthand": "name:N", "title": axis.title, "sort": list(axis.names), "axis": label}
        amounts = {"shorthand": "value:Q", "title": value, "stack": stack, "axis": lengths}
        place = (
            {"x": alt.X(**names), "y": alt.Y(**amounts)}
            if upright
            else {"y": alt.Y(**names), "x": alt.X(**amounts)}
        )
        tip = "rows" if shares else value
        drawn = (
            alt.Chart(_data(alt, _ranked(records, colour)))
            .mark_bar()
            .encode(
                **place,
                **_colour(alt, colour),
                tooltip=[
                    alt.Tooltip("name:N", title=axis.title),
                    *_tips(alt, colour, facet),
                    alt.Tooltip(
                        "value:Q", title=tip, format=",.4~r" if value != "rows" and not shares else ","
                    ),
                ],
            )
        )
        width, height = _panel(facet)
        if upright:
            width = min(width, 110 * max(len(axis.names), 3))
        else:
            height = ROW_HEIGHT * max(len(axis.names), 2)
        return _faceted(alt, drawn.properties(width=width, height=height), facet)

    return _with_spec(chart, build)


def points(
    chart: Chart,
    records: Sequence[Record],
    *,
    x: str,
    y: str,
    colour: Series | None,
    facet: Series | None = None,
) -> Chart:
    """A point for each record, which holds `x`, `y`, `colour` and `facet`."""

    def build(alt: Any) -> Any:
        width, height = (WIDTH, 320) if facet is None else _panel(facet)
        drawn = (
            alt.Chart(_data(alt, records))
            .mark_circle(size=POINT_SIZE, opacity=0.6)
            .encode(
                x=alt.X("x:Q", title=x, scale=alt.Scale(zero=False)),
                y=alt.Y("y:Q", title=y, scale=alt.Scale(zero=False)),
                **_colour(alt, colour, order=False),
                tooltip=[
                    alt.Tooltip("x:Q", title=x),
                    alt.Tooltip("y:Q", title=y),
                    *_tips(alt, colour, facet),
                ],
            )
            .properties(width=width, height=height)
        )
        return _faceted(alt, drawn, facet)

    return _with_spec(chart, build)


def _with_spec(chart: Chart, build: Callable[[Any], Any]) -> Chart:
    try:
        import altair as alt
    except ImportError:
        return chart
    with alt.data_transformers.enable("default", consolidate_datasets=False):
        spec: dict[str, Any] = build(alt).properties(description=chart.description).to_dict()
    spec.pop("config", None)  # whatever theme Altair has enabled is not ours to pass on
    return chart.model_copy(update={"spec": spec})


def _data(alt: Any, records: Sequence[Record]) -> Any:
    return alt.InlineData(values=[dict(r) for r in records])


def _ranked(records: Sequence[Record], colour: Series | None) -> list[dict[str, Cell]]:
    """Records with their colour's place in the legend, so that bars stack in that order."""
    place = {name: i for i, name in enumerate(colour.names)} if colour else {}
    return [{**r, "place": place[str(r["colour"])]} if colour else dict(r) for r in records]


def _colour(alt: Any, colour: Series | None, *, order: bool = True) -> dict[str, Any]:
    if colour is None:
        return {}
    legend = alt.Legend(labelLimit=LABEL_LIMIT)
    found = {
        "color": alt.Color(
            "colour:N", title=colour.title, scale=alt.Scale(domain=list(colour.names)), legend=legend
        )
    }
    return {**found, "order": alt.Order("place:Q")} if order else found


def _tips(alt: Any, colour: Series | None, facet: Series | None) -> list[Any]:
    return [
        alt.Tooltip(f"{field}:N", title=series.title)
        for field, series in (("colour", colour), ("facet", facet))
        if series is not None
    ]


def _panel(facet: Series | None) -> tuple[int, int]:
    return (WIDTH, HEIGHT) if facet is None else (PANEL_WIDTH, PANEL_HEIGHT)


def _faceted(alt: Any, drawn: Any, facet: Series | None) -> Any:
    if facet is None:
        return drawn
    header = alt.Header(labelLimit=PANEL_WIDTH)
    return drawn.facet(
        facet=alt.Facet("facet:N", title=facet.title, sort=list(facet.names), header=header),
        columns=min(PANELS_ABREAST, max(len(facet.names), 1)),
    )
