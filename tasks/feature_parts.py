"""Feature tables built part by part on the workers of a cluster, each part by a task of its own.

A part that is built leaves a mark with its files' names beside them. What reads the part waits until it sees them: a
shared folder may show its new files late, and a table without files would read as an empty one. A part that is marked
is not built again, because others may be reading it.
"""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.engine import ClusterError, Engine, engine_of
from warehouse.catalog import find
from warehouse.feature_build import FeatureBuild, build_part
from warehouse.shares import warehouse_of_family

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prefect.futures import PrefectFuture

    from tasks.run import Run
    from warehouse.contracts import Table

_SECONDS_TO_APPEAR = 120.0
_SECONDS_BETWEEN_LOOKS = 0.2


@task(name="feature part", task_run_name="features: {name}, bucket {bucket}", cache_policy=NO_CACHE)
def build_feature_part(run: Run, build: FeatureBuild, name: str, bucket: int) -> None:
    """Build one bucket of a feature table on a worker, unless one that is gone since has built it."""
    from tasks.cluster import work_for  # noqa: PLC0415 - Dask is an extra

    work_for(run)
    table = find(f"features.{name}")
    mark = _mark(build, table, bucket)
    if mark.exists():
        return
    for needed, part in _needs(build, table, bucket):
        _wait_for(build, needed, part)
    build_part(dataclasses.replace(build, warehouse=warehouse_of_family(run.settings)), name, bucket)
    files = build.files(table, bucket if table.parts.is_by_bucket else None)
    mark.parent.mkdir(parents=True, exist_ok=True)
    partial = mark.with_suffix(".partial")
    partial.write_text(json.dumps([str(file.relative_to(build.folder)) for file in files]), encoding="utf-8")
    partial.replace(mark)


def build_on_workers(run: Run, build: FeatureBuild) -> None:
    """Build every part of every feature table on the run's cluster, each as soon as what it reads is there."""
    with engine_of(run) as engine:
        futures: dict[tuple[str, int], PrefectFuture[Any]] = {}
        for table in build.tables:
            for bucket in build.buckets(table):
                futures[table.name, bucket] = engine.submit(
                    build_feature_part,
                    {"run": run, "build": build, "name": table.name, "bucket": bucket},
                    after=[futures[needed.name, part] for needed, part in _needs(build, table, bucket)],
                )
        for (name, bucket), future in futures.items():
            _require(engine, name, bucket, future)
    for table in build.tables:
        for bucket in build.buckets(table):
            _wait_for(build, table, bucket)


def _needs(build: FeatureBuild, table: Table, bucket: int) -> Iterator[tuple[Table, int]]:
    """Yield the parts of other feature tables that one bucket of `table` is made from."""
    for needed in (find(name) for name in table.inputs if name.startswith("features.")):
        if table.parts.is_by_bucket and needed.parts.is_by_bucket:
            yield needed, bucket
        else:
            yield from ((needed, part) for part in build.buckets(needed))


def _require(engine: Engine, name: str, bucket: int, future: PrefectFuture[Any]) -> None:
    """Wait for a part; raises what kept it from being built."""
    future.wait()
    if reason := engine.lost(future):
        message = f"features.{name} was not built, bucket {bucket}: {reason}."
        raise ClusterError(message)
    future.result()


def _mark(build: FeatureBuild, table: Table, bucket: int) -> Path:
    return build.folder / "built" / f"{table.name}-{bucket}.json"


def _wait_for(build: FeatureBuild, table: Table, bucket: int) -> None:
    """Return as soon as a part and all of its files can be seen from here."""
    mark = _mark(build, table, bucket)
    deadline = time.monotonic() + _SECONDS_TO_APPEAR
    while not (mark.exists() and all((build.folder / file).exists() for file in json.loads(mark.read_text("utf-8")))):
        if time.monotonic() > deadline:
            message = (
                f"The files of {table.qualified_name}, bucket {bucket}, did not appear in {build.folder} within "
                f"{_SECONDS_TO_APPEAR:.0f} s after they were built. What to do: look whether the part was built at "
                "all, and whether the shared folder shows each machine what the others write."
            )
            raise ClusterError(message)
        time.sleep(_SECONDS_BETWEEN_LOOKS)
