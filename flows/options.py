"""Options that most commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings file; by default TILLFLOW_CONFIG, else ./tillflow.toml."),
]
WarehouseOption = Annotated[
    Path | None,
    typer.Option("--warehouse", "-w", help="The warehouse folder; the same as --set warehouse.path=DIR."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="A setting, such as run.seed=1 or sources.orders.path=/data; may be repeated."),
]


def overrides_of(warehouse: Path | None, given: list[str] | None) -> tuple[str, ...]:
    """Return what `--warehouse` and `--set` say as settings that beat the file's."""
    chosen = (f"warehouse.path={warehouse}",) if warehouse else ()
    return (*chosen, *(given or ()))
