"""Tasks that bring the shop's files in: look at them, keep them raw, merge them into core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from expectations.gate import Gate
from sources.files import SourceError
from sources.known_files import remember_files
from sources.loaded_before import has_loads, protect_what_is_there
from sources.loading import Inspection, LoadAgainError, inspect_source, load_files
from sources.refused_files import remember_refused
from tasks.gates import pass_gate
from tasks.progress import say, warn
from tasks.publish import begin_record
from tasks.quarantine import Decision
from tasks.run import utc_now
from tasks.warm_up import warm_up
from warehouse.binding import execute
from warehouse.completing import complete_core
from warehouse.connection import create_warehouse, open_warehouse, transaction
from warehouse.erasing.refusing import refusal_of
from warehouse.key_files import next_key, put_in_place
from warehouse.merging import Merge, in_merge_order, merge_loads, replay_quarantine
from warehouse.protection import adopt_key, has_key, key_of, protection_of
from warehouse.quarantined import count_rows, discard_rows
from warehouse.recognition import masked
from warehouse.rotation import rotate
from warehouse.run_records import bury_crashed_runs
from warehouse.setting_aside import SetAside, accept, discard, judge_again
from warehouse.statements import statement
from warehouse.undoing import remember_rule, rule_stands

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

    from tasks.run import Run
    from warehouse.personal_key import Key
    from warehouse.quarantined import Which


def _is_worth_a_retry(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """Broken input stays broken; only other errors, such as a busy disk, may pass."""
    try:
        state.result()
    except SourceError:
        return False
    except Exception:  # noqa: BLE001 - every other error may pass
        return True
    return False


@task(name="prepare warehouse", task_run_name="prepare warehouse", cache_policy=NO_CACHE)
def prepare_warehouse(run: Run) -> None:
    """Make the tables, or bring those of an earlier Tillflow to the contracts, and write that the run has started.

    The warehouse gets its key of personal values, if it has none.
    """
    create_warehouse(run.settings.warehouse)
    with open_warehouse(run.settings.warehouse) as connection:
        with transaction(connection, "know key", run.run_id):
            _know_key(connection, run)
        begin_record(connection, run)


def _know_key(connection: duckdb.DuckDBPyConnection, run: Run) -> Key:
    """Return the warehouse's key. A warehouse from before there were keys gets one, and what it holds is protected."""
    is_from_before = not has_key(connection) and has_loads(connection)
    key = adopt_key(connection, run.settings, utc_now())
    if is_from_before:
        run.folder.mkdir(parents=True, exist_ok=True)
        protection = protection_of(connection, run.settings)
        sources = run.settings.sources
        left = protect_what_is_there(
            connection, protection, sources, scratch=run.folder, run_id=run.run_id, now=utc_now()
        )
        warn("personal values that were loaded before are protected now; earlier snapshots hold them as they were")
        for name in left:
            warn(f"raw.{name} stays as it is: no source of this name is configured, so its columns can't be judged")
    return key


@task(
    name="look at files",
    task_run_name="look at files: {name}",
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_worth_a_retry,
    cache_policy=NO_CACHE,
)
def look_at_files(run: Run, name: str) -> Inspection:
    """Find the source's files and tell which are new; broken ones are set aside."""
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        key = key_of(connection, run.settings)
        try:
            inspection = inspect_source(connection, name, run.settings.sources[name], key)
        except SourceError as error:
            raise type(error)(masked(str(error), key.pseudonym)) from None
    aside = f", {len(inspection.refused)} set aside" if inspection.refused else ""
    say(f"{name}: {len(inspection.new_files)} new files, {inspection.known_file_count} loaded before{aside}")
    for file in inspection.refused:
        warn(f"set aside: {file.reason}")
    return inspection


@task(name="load raw", task_run_name="load raw", cache_policy=NO_CACHE)
def load_raw(run: Run, inspections: Mapping[str, Inspection]) -> tuple[dict[str, Inspection], int]:
    """Keep every row of the new files as it came: all files that are whole, or none.

    Returns the inspections, with the files set aside that turned out unreadable, and how many rows were read.
    """
    found = dict(inspections)
    if any(inspection.new_files for inspection in found.values()):
        warm_up(run.only)
    while any(inspection.has_news for inspection in found.values()):
        try:
            with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "load raw", run.run_id):
                rows = {name: _load(connection, run, name, found[name]) for name in found if found[name].has_news}
        except LoadAgainError as error:
            warn(f"set aside: {error}" if error.unreadable else str(error))
            found[error.source] = found[error.source].after(error)
            continue
        _tell_personal_columns(run)
        for name, count in rows.items():
            if found[name].new_files:
                say(f"{name}: {count:,} rows read from {len(found[name].new_files)} files")
        return found, sum(rows.values())
    return found, 0


def _tell_personal_columns(run: Run) -> None:
    """Say which columns look personal that nobody declared, and what becomes of them."""
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        found = execute(connection, statement("personal_columns_of_run"), {"run_id": run.run_id}).fetchall()
    for source, column, kind, found_by, treatment in found:
        kept = "left out" if treatment == "drop" else "kept encrypted, with pseudonyms in its place"
        warn(
            f"{source}: column {column!r} looks personal ({kind.replace('_', ' ')}, by its {found_by}) and is {kept}. "
            f"Is it not personal? Name it in sources.{source}.public_columns. Is it? In personal_columns."
        )


def _load(connection: duckdb.DuckDBPyConnection, run: Run, name: str, inspection: Inspection) -> int:
    """Record what is known of a source's files, load the new ones and return how many rows they have."""
    protection = protection_of(connection, run.settings)
    remember_files(connection, name, inspection.read_files, protection.key)
    remember_refused(connection, name, inspection.refused, run_id=run.run_id, now=utc_now())
    return load_files(
        connection,
        name,
        run.settings.sources[name],
        inspection.new_files,
        protection=protection,
        scratch=run.folder,
        run_id=run.run_id,
        now=utc_now(),
        refusal=refusal_of(connection, run.settings, utc_now()),
    )


@task(name="check raw", task_run_name="check raw", cache_policy=NO_CACHE)
def check_raw(run: Run) -> None:
    """Judge the loads that wait to be merged, against the loads before them."""
    with open_warehouse(run.settings.warehouse, read_only=True) as connection:
        pass_gate(Gate.RAW, run, connection)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What came of a merge: the last day with orders, and the loads that were set aside."""

    last_day: date | None
    set_aside: tuple[SetAside, ...]


@task(name="merge core", task_run_name="merge core", cache_policy=NO_CACHE)
def merge_core(run: Run) -> Merged:
    """Merge what waits in raw into core, check core, and commit both or neither."""
    aside: list[SetAside] = []
    with open_warehouse(run.settings.warehouse) as connection:
        waiting, rule = _sources(connection, "waiting_sources"), run.settings.returns
        stands = rule_stands(connection, rule)
        if waiting or not stands:
            with transaction(connection, "merge core", run.run_id):
                key = key_of(connection, run.settings)
                for name in in_merge_order(run.settings, waiting):
                    merge = Merge.of(run.settings, name, key=key, run_id=run.run_id, now=utc_now())
                    counts = merge_loads(connection, merge)
                    say(
                        f"{name}: {counts.rows_accepted:,} accepted, {counts.rows_duplicate:,} duplicate, "
                        f"{counts.rows_quarantined:,} quarantined"
                    )
                    for load in counts.set_aside:
                        warn(f"set aside: {load.reason} See: tillflow quarantine loads")
                    aside += counts.set_aside
                settings = run.settings.run
                by_itself = run.run_id if stands and not settings.full else None
                in_part = complete_core(connection, by_itself, rule=rule, verify=settings.verify)
                if not stands:
                    remember_rule(connection, rule, run.run_id)
                pass_gate(Gate.CORE, run, connection, in_part=in_part)
        row = connection.execute(statement("last_day_with_orders")).fetchone()
    return Merged(last_day=row[0] if row else None, set_aside=tuple(aside))


def mend(run: Run) -> list[str]:
    """Do what a run does first, without running: make or alter tables, bury crashed runs. Returns these."""
    create_warehouse(run.settings.warehouse)
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "mend", run.run_id):
        return bury_crashed_runs(connection)


def rotate_key(run: Run) -> tuple[int, str]:
    """Give the warehouse another key; returns how many values were encrypted anew, and where the old key is kept.

    That is an empty text where the new key was given by the environment.

    Raises:
        WarehouseError: when the old key or the new one is missing.
    """
    create_warehouse(run.settings.warehouse)
    with open_warehouse(run.settings.warehouse) as connection:
        old = key_of(connection, run.settings)
        new, beside = next_key(run.settings)
        with transaction(connection, "rotate key", run.run_id):
            count = rotate(connection, old, new, utc_now())
    kept = put_in_place(run.settings, beside, old) if beside else ""
    return count, str(kept)


def decide(run: Run, load_id: str, decision: Decision) -> None:
    """Decide what becomes of a load that is set aside.

    Raises:
        NoSuchLoadError: when no load of this name is set aside.
    """
    act = {Decision.REPLAY: judge_again, Decision.ACCEPT: accept, Decision.DISCARD: discard}[decision]
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "decide on load", run.run_id):
        act(connection, load_id)


def discard_quarantined(run: Run, which: Which) -> int:
    """Leave quarantined rows out for good; returns how many."""
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "discard rows", run.run_id):
        count = count_rows(connection, which)
        discard_rows(connection, which)
    return count


def replay(run: Run) -> dict[str, tuple[int, int]]:
    """Judge all open quarantined rows again; returns for each source how many were judged and how many passed."""
    passed: dict[str, tuple[int, int]] = {}
    create_warehouse(run.settings.warehouse)
    with open_warehouse(run.settings.warehouse) as connection, transaction(connection, "replay", run.run_id):
        key = _know_key(connection, run)
        for name in in_merge_order(run.settings, _sources(connection, "quarantined_sources")):
            merge = Merge.of(run.settings, name, key=key, run_id=run.run_id, now=utc_now())
            counts = replay_quarantine(connection, merge)
            passed[name] = (counts.rows_read, counts.rows_accepted + counts.rows_duplicate)
        complete_core(connection, rule=run.settings.returns)
        remember_rule(connection, run.settings.returns, run.run_id)
        pass_gate(Gate.CORE, run, connection)
    return passed


def _sources(connection: duckdb.DuckDBPyConnection, question: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(statement(question)).fetchall()]
