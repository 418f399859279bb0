"""The JavaScript that draws the charts: Vega, Vega-Lite and Vega-Embed in one text, from vl-convert's own copies."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def kept_in(folder: Path) -> Path:
    """Return the file of `folder` that the libraries are kept in, as this version of vl-convert brings them."""
    return folder / f"vega-{version('vl-convert-python')}.js"


def javascript(kept: Path | None = None) -> str:
    """Return the libraries as one classic script (about 0.9 MB) that sets `window.vegaEmbed`.

    Putting them together takes some seconds; with a file that is `kept` it is done once.
    """
    if kept is None:
        return _put_together()
    write_javascript(kept)
    return kept.read_text(encoding="utf-8")


def write_javascript(file: Path) -> None:
    """Put the libraries together and leave them in `file`, whole or not at all, in place of other versions'."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    # Another process may be at it too.
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(_put_together(), encoding="utf-8")
    part.replace(file)
    for other in file.parent.glob("vega-*.js"):
        if other != file:
            other.unlink(missing_ok=True)


@cache
def _put_together() -> str:
    # Imported here: it loads a JavaScript engine.
    import vl_convert  # noqa: PLC0415

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
