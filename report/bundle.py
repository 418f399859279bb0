"""The JavaScript that draws the charts: Vega, Vega-Lite and Vega-Embed in one text, from vl-convert's own copies."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def javascript(prepared: Path | None = None) -> str:
    """Return the libraries as one classic script (about 0.9 MB) that sets `window.vegaEmbed`.

    Putting them together takes some seconds, unless `write_javascript` has left them in `prepared`.
    """
    if prepared and prepared.exists():
        return prepared.read_text(encoding="utf-8")
    return _put_together()


def write_javascript(file: Path) -> None:
    """Put the libraries together and leave them in `file`, whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(_put_together(), encoding="utf-8")
    part.replace(file)


@cache
def _put_together() -> str:
    # Imported here: it loads a JavaScript engine.
    import vl_convert  # noqa: PLC0415

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
