"""Charts are held against Vega-Lite's schema here, which a report trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pytest
from altair.utils import schemapi

from report.chapters import CHAPTERS
from report.charts import specification, trusted
from report.shop import Shop

if TYPE_CHECKING:
    import duckdb

    from report.chapters import Chapter


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.anchor)
def test_every_chart_of_a_chapter_keeps_to_the_schema(filled_shop: duckdb.DuckDBPyConnection, chapter: Chapter) -> None:
    assert schemapi.DEBUG_MODE
    shop = Shop(connection=filled_shop, name="Mug & Co", currency="EUR", time_zone="UTC")
    assert not chapter.section(shop).is_empty


def test_a_chart_that_does_not_is_refused_unless_it_is_trusted() -> None:
    with pytest.raises(schemapi.SchemaValidationError):
        _wrong()
    with trusted():
        assert _wrong()["mark"] == {"type": "bar", "opacity": "much"}


def _wrong() -> dict[str, object]:
    return specification(alt.Chart().mark_bar(opacity="much"), "a bar")
