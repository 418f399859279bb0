"""What a model family is: the tables it reads and writes, its parameters and its function."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    import pandas as pd
    import pyarrow as pa

    Inputs = Mapping[str, pa.Table]
    Results = dict[str, pd.DataFrame]
    Fit = Callable[[Inputs, "Parameters", "Context"], Results]


class Parameters(BaseModel):
    """The settings of one family, as `[models.<family>]` in the settings file. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a family may know beside its inputs: the day it answers for and the seed of its randomness."""

    as_of: date
    seed: int = 0
    currency: str = ""


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

    def fit(self, inputs: Inputs, parameters: Parameters, context: Context) -> Results:
        """Run the family. `inputs` maps qualified table names to Arrow tables, results map names to frames.

        Result frames have the contract's columns less `as_of` and `run_id`.
        Raises `NotApplicableError` where the inputs can't answer the question.
        """
        module, _, name = self.function.partition(":")
        function = cast("Any", getattr(importlib.import_module(module), name))
        return cast("Results", function(inputs, parameters, context))
