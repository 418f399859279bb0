"""Why a run failed, in words."""

from __future__ import annotations

import asyncio
import errno
import signal

import pytest
from prefect.exceptions import TerminationSignal
from prefect.states import exception_to_failed_state

from sources.files import SourceError
from tasks.failures import explain, in_words
from warehouse.connection import WarehouseError
from warehouse.exhaustion import ExhaustedError
from warehouse.settings_file import SettingsError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TerminationSignal(signal=signal.SIGTERM), "the run was cancelled: its process was told to stop"),
        (KeyboardInterrupt(), "the run was cancelled from the keyboard"),
        (WarehouseError("Another run is working."), "Another run is working."),
        (KeyError("a"), "KeyError: 'a'"),
        (ExhaustedError("The disk is full: 1MB are free."), "The disk is full: 1MB are free."),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full ("),
    ],
)
def test_an_error_is_told_in_words(error: BaseException, words: str) -> None:
    assert in_words(error).startswith(words)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SettingsError("No source is configured."), 2, "No source is configured."),
        (WarehouseError("Another run is working."), 2, "Another run is working."),
        (SourceError("The file is binary."), 1, "The file is binary."),
        (KeyError("a"), 1, "KeyError: 'a'"),
        (ExhaustedError("The disk is full: 1MB are free."), 1, "The disk is full: 1MB are free."),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "What to do: free space, then run again."),
    ],
)
def test_wrong_settings_and_broken_data_have_exit_codes_of_their_own(error: Exception, code: int, words: str) -> None:
    state = asyncio.run(exception_to_failed_state(error))
    found, why = explain(state)
    assert found == code
    assert why.endswith(words)
