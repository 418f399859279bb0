"""The model families. This list is the DAG: a family that reads another's results waits for it."""

from models.family import Family

FAMILIES: tuple[Family, ...] = ()
