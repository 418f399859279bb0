"""The JavaScript that draws the charts: Vega, Vega-Lite and Vega-Embed in one text, from vl-convert's own copies."""

from __future__ import annotations

from functools import cache


@cache
def javascript() -> str:
    """Return the libraries as one classic script (about 0.9 MB) that sets `window.vegaEmbed`.

    The first call takes some seconds, because vl-convert puts the bundle together; no network is used.
    """
    # Imported here: it loads a JavaScript engine.
    import vl_convert  # noqa: PLC0415

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
