"""What a run says while it works: to the command line and, through Prefect, to the run's log."""

from __future__ import annotations

import logging

LOGGER_NAME = "tillflow"


def say(message: str) -> None:
    """Say what was done, in one line."""
    logging.getLogger(LOGGER_NAME).info(message)


def warn(message: str) -> None:
    """Say what a person should look at."""
    logging.getLogger(LOGGER_NAME).warning(message)
