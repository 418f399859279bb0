"""Tell a person why a run failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.gate import GateFailedError
from sources.files import SourceError, SourcePathError
from warehouse.connection import WarehouseError
from warehouse.merging import LostRowsError
from warehouse.settings_file import SettingsError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

_FAILED, _WRONG_SETTINGS = 1, 2


def explain(state: State[Any]) -> tuple[int, str]:
    """Return the exit code for a failed run, and why it failed, in words."""
    try:
        state.result()
    except (SettingsError, SourcePathError, WarehouseError) as error:
        return _WRONG_SETTINGS, str(error)
    except (GateFailedError, SourceError, LostRowsError) as error:
        return _FAILED, str(error)
    except Exception as error:  # noqa: BLE001 - whatever else broke is told too
        return _FAILED, state.message or f"{type(error).__name__}: {error}"
    return _FAILED, state.message or "unknown"
