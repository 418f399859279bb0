"""Tell a person why a run failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect.exceptions import TerminationSignal

from expectations.gate import GateFailedError
from sources.files import SourceError, SourcePathError
from tasks.engine import ClusterError
from warehouse.accounting import LostRowsError
from warehouse.completing import IncrementalError
from warehouse.connection import WarehouseError
from warehouse.exhaustion import ExhaustedError, is_full_disk
from warehouse.passwords import without_passwords
from warehouse.settings_file import SettingsError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

_FAILED, _WRONG_SETTINGS = 1, 2
_IN_SETTINGS = (ClusterError, SettingsError, SourcePathError, WarehouseError)
_IN_DATA = (GateFailedError, IncrementalError, SourceError, LostRowsError)
_IN_MACHINE = (ExhaustedError,)


def in_words(error: BaseException) -> str:
    """Say why a run ended with an error: Tillflow's own errors are sentences already."""
    if isinstance(error, TerminationSignal):
        return "the run was cancelled: its process was told to stop, by a person, an automation or the worker's end"
    if isinstance(error, KeyboardInterrupt):
        return "the run was cancelled from the keyboard"
    if isinstance(error, _IN_SETTINGS + _IN_DATA + _IN_MACHINE):
        return str(error)
    if is_full_disk(error):
        return f"The disk is full ({error}). The tables stand. What to do: free space, then run again."
    return without_passwords(f"{type(error).__name__}: {error}")


def explain(state: State[Any]) -> tuple[int, str]:
    """Return the exit code for a failed run, and why it failed, in words."""
    try:
        state.result()
    except _IN_SETTINGS as error:
        return _WRONG_SETTINGS, str(error)
    except _IN_DATA + _IN_MACHINE as error:
        return _FAILED, str(error)
    except Exception as error:  # noqa: BLE001 - whatever else broke is told too
        return _FAILED, in_words(error) if is_full_disk(error) else state.message or in_words(error)
    return _FAILED, state.message or "unknown"
