"""What each process of a run may use, so that all together stay within `run.memory_limit`.

While a run loads, merges and builds features, its own DuckDB is at work and no family is; while families fit, the
run's own process waits. So the limit is shared out twice, and what Python itself takes is left out each time:

| process | memory | threads |
| --- | --- | --- |
| the run's own DuckDB | 3/4 of `run.memory_limit`, or `warehouse.memory_limit` if less | `warehouse.threads` |
| each family | 3/4 of `run.memory_limit`, divided by `run.parallel_families` | `warehouse.threads`, divided likewise |
| the DuckDB of each family | half of the family's, or `warehouse.memory_limit` if less | the same |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.machine import as_size, core_count, free_disk_bytes, memory_bytes, size_in_bytes

if TYPE_CHECKING:
    from warehouse.settings import Settings, WarehouseSettings

# Without a limit of its own a run takes this part of the machine, and leaves the rest to others and the file cache.
_PART_OF_THE_MACHINE = 0.5
# The rest is for what Python has loaded: Prefect, the checks, the families' libraries.
_PART_OF_THE_RUN = 0.75
# The rest is for the tables themselves, and for others.
_PART_OF_THE_FREE_DISK = 0.8
# A family's frames and models take as much as what it reads them from.
_PART_OF_THE_FAMILY = 0.5
# With less than this for each, families wait for each other instead of crowding each other out.
_LEAST_FAMILY_BYTES = 750_000_000


def run_bytes(settings: Settings) -> int:
    """Return what all processes of a run may use together."""
    given = settings.run.memory_limit
    return size_in_bytes(given) if given else int(memory_bytes() * _PART_OF_THE_MACHINE)


def parallel_families(settings: Settings) -> int:
    """Return how many families fit at the same time: one a core, where the memory suffices."""
    given = settings.run.parallel_families
    return given or max(1, min(core_count(), int(run_bytes(settings) * _PART_OF_THE_RUN) // _LEAST_FAMILY_BYTES))


def family_bytes(settings: Settings) -> int:
    """Return what one family's process may use."""
    return int(run_bytes(settings) * _PART_OF_THE_RUN) // parallel_families(settings)


def warehouse_of_run(settings: Settings) -> WarehouseSettings:
    """Return the warehouse's settings with what the run's own DuckDB may use."""
    return _limited(settings.warehouse, run_bytes(settings) * _PART_OF_THE_RUN, settings.warehouse.threads)


def warehouse_of_family(settings: Settings) -> WarehouseSettings:
    """Return the warehouse's settings with what the DuckDB in a family's process may use."""
    threads = max(1, (settings.warehouse.threads or core_count()) // parallel_families(settings))
    limited = _limited(settings.warehouse, family_bytes(settings) * _PART_OF_THE_FAMILY, threads)
    spill = _spill_bytes(settings.warehouse) / parallel_families(settings)
    return limited.model_copy(update={"spill_limit": as_size(spill)})


def warehouse_of_reader(settings: WarehouseSettings) -> WarehouseSettings:
    """Return the settings with what DuckDB may use where nobody has said it, as for a reader beside the runs."""
    by_default = memory_bytes() * _PART_OF_THE_MACHINE * _PART_OF_THE_RUN
    return settings.model_copy(
        update={
            "memory_limit": settings.memory_limit or as_size(by_default),
            "threads": settings.threads or core_count(),
            "spill_limit": as_size(_spill_bytes(settings)),
        }
    )


def in_words(settings: Settings) -> str:
    """Say what a run may use, in a line."""
    run, count = warehouse_of_run(settings), parallel_families(settings)
    return (
        f"memory {as_size(run_bytes(settings))} in all: DuckDB {run.memory_limit} with {run.threads} threads, then "
        f"{count} families at a time with {as_size(family_bytes(settings))} each"
    )


def _spill_bytes(warehouse: WarehouseSettings) -> float:
    """Return what may be written beside the memory, of what is free now."""
    given = warehouse.spill_limit
    return size_in_bytes(given) if given else free_disk_bytes(warehouse.path) * _PART_OF_THE_FREE_DISK


def _limited(warehouse: WarehouseSettings, most_bytes: float, threads: int | None) -> WarehouseSettings:
    given = warehouse.memory_limit
    limit = min(size_in_bytes(given), most_bytes) if given else most_bytes
    return warehouse.model_copy(update={"memory_limit": as_size(limit), "threads": threads or core_count()})
