"""What every section of the settings has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the settings: nothing is changed in it, and nothing unknown is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")
