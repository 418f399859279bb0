"""What a run says while it works: to the command line and, through Prefect, to the run's log."""

from __future__ import annotations

import logging

LOGGER_NAME = "tillflow"
# Without a level of its own the logger has the root's, WARNING, and a deployed run's log in the UI stays empty.
logging.getLogger(LOGGER_NAME).setLevel(logging.INFO)


def say(message: str) -> None:
    """Say what was done, in one line."""
    logging.getLogger(LOGGER_NAME).info(message)


def warn(message: str) -> None:
    """Say what a person should look at."""
    logging.getLogger(LOGGER_NAME).warning(message)
