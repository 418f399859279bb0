"""What a model family is: the tables it reads and writes, its parameters and its function."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import pandas as pd

    from models.inputs import Inputs

    Results = dict[str, pd.DataFrame]
    Answer = Mapping[str, pd.DataFrame | Iterable[pd.DataFrame]]


class Parameters(BaseModel):
    """The settings of one family, as `[models.<family>]` in the settings file. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a family may know beside its inputs: the day it answers for and the seed of its randomness.

    `remarks` is what it wants people to know of how it answered, such as a cheaper way taken: whole sentences, which
    are written into ops.family_runs.
    """

    as_of: date
    seed: int = 0
    currency: str = ""
    remarks: list[str] = field(default_factory=list)


class NotApplicableError(Exception):
    """The inputs are there but can't answer the family's question; the message says why and what is needed.

    The family is recorded as skipped, not failed.
    """


@dataclass(frozen=True, kw_only=True)
class Family:
    """One line of the list of families.

    `function` is `module:name`, so that reading the list imports no model. `inputs` must have rows or the
    family is skipped; `optional_inputs` may be empty or missing and then come as empty tables. An input may be
    another family's result table: the family then waits for it.
    """

    name: str
    question: str
    inputs: tuple[str, ...]
    optional_inputs: tuple[str, ...] = ()
    results: tuple[str, ...]
    parameters: type[Parameters]
    function: str

    def fit(self, inputs: Inputs, parameters: Parameters, context: Context) -> Answer:
        """Run the family. `inputs` are by qualified table name, results by name.

        A result is a frame with the contract's columns less `as_of` and `run_id`, or such frames one after the other,
        each made when it is asked for. Results are to be read in the order of `results`.
        Raises `NotApplicableError` where the inputs can't answer the question.
        """
        module, _, name = self.function.partition(":")
        function = cast("Any", getattr(importlib.import_module(module), name))
        return cast("Answer", function(inputs, parameters, context))


def whole(answer: Answer) -> Results:
    """Return an answer with one frame for each result."""
    import pandas as pd  # noqa: PLC0415 - the list of families is read where no model runs

    return {
        name: result if isinstance(result, pd.DataFrame) else pd.concat(list(result), ignore_index=True)
        for name, result in answer.items()
    }
