"""What a model family is: the tables it reads and writes, its parameters and its function."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import pandas as pd

    from models.candidate import Candidate
    from models.inputs import Inputs

    Results = dict[str, pd.DataFrame]
    Answer = Mapping[str, pd.DataFrame | Iterable[pd.DataFrame]]


class Parameters(BaseModel):
    """The settings of one family, as `[models.<family>]` in the settings file. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refresh: Literal["always", "daily", "weekly", "monthly"] = Field(
        "always",
        description=(
            "How long answers stand: a run fits the family again on a new day, week or month of as_of, or whenever "
            "something is new."
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a family may know beside its inputs: the day it answers for and the seed of its randomness.

    `remarks` is what it wants people to know of how it answered, such as a cheaper way taken: whole sentences, which
    are written into ops.family_runs.
    """

    as_of: date
    seed: int = 0
    currency: str = ""
    country: str = ""
    remarks: list[str] = field(default_factory=list)


class NotApplicableError(Exception):
    """The inputs are there but can't answer the family's question; the message says why and what is needed.

    The family is recorded as skipped, not failed.
    """


# The result tables that families share: each writes its own rows, and the framework their family's name into them.
SHARED_RESULTS = ("model_metrics", "model_parameters")


class Kind(StrEnum):
    """What is asked of a family beside its own tables.

    A predictive one names its champion, the baseline to beat and the one metric that it is judged by, on days it had
    not seen, in the shared tables. A descriptive one counts what was there: nothing of that is asked of it.
    """

    PREDICTIVE = "predictive"
    DESCRIPTIVE = "descriptive"


@dataclass(frozen=True, kw_only=True)
class Family:
    """The facts of one family, as its package states them.

    `package` is its package below `models`, from which its name and its function follow: `fit` in the module `fit`,
    so that reading the facts imports no model. `inputs` must have rows or the family is skipped; `optional_inputs` may
    be empty or missing and then come as empty tables. An input may be another family's result table: the family then
    waits for it. `tables` are the result tables that are its own, `candidates` whatever
    its tables name as a model.
    """

    package: str
    kind: Kind
    question: str
    inputs: tuple[str, ...]
    optional_inputs: tuple[str, ...] = ()
    tables: tuple[str, ...]
    parameters: type[Parameters]
    candidates: tuple[Candidate, ...] = ()

    @property
    def name(self) -> str:
        """The family's name in settings and tables: its package's."""
        return self.package.rpartition(".")[2]

    @property
    def module(self) -> str:
        """The module that holds the family's function."""
        return f"{self.package}.fit"

    @property
    def reads(self) -> tuple[str, ...]:
        """Every table that the family reads."""
        return (*self.inputs, *self.optional_inputs)

    @property
    def results(self) -> tuple[str, ...]:
        """Every result table that the family writes: its own, and those that its kind demands."""
        return (*self.tables, *SHARED_RESULTS) if self.kind is Kind.PREDICTIVE else self.tables

    def label(self, model: str) -> str:
        """Return what people call a model that the family's tables name; the name itself where no candidate has it.

        That is so of what an earlier version published.
        """
        return next((one.label for one in self.candidates if one.name == model), model.replace("_", " "))

    def fit(self, inputs: Inputs, parameters: Parameters, context: Context) -> Answer:
        """Run the family. `inputs` are by qualified table name, results by name.

        A result is a frame with the contract's columns less those that the framework writes (`as_of`, `run_id` and, in
        shared tables, `family`), or such frames one after the other, each made when it is asked for. Results are to be
        read in the order of `results`. Raises `NotApplicableError` where the inputs can't answer the question.
        """
        function = cast("Any", importlib.import_module(self.module)).fit
        return cast("Answer", function(inputs, parameters, context))


def family_in(package: str) -> Family:
    """Return the facts that a package of `models` states as `FAMILY`."""
    return cast("Family", importlib.import_module(package).FAMILY)


def whole(answer: Answer) -> Results:
    """Return an answer with one frame for each result."""
    import pandas as pd  # noqa: PLC0415 - the list of families is read where no model runs

    return {
        name: result if isinstance(result, pd.DataFrame) else pd.concat(list(result), ignore_index=True)
        for name, result in answer.items()
    }
