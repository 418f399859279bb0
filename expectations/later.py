"""Modules that load when something of them is used, not when they are imported.

Great Expectations imports SciPy's statistics and Altair for expectations that Tillflow does not have. They take a third
of the second or two that its import takes, and 50 MB.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

UNUSED = ("scipy.stats", "altair")


class _Later(ModuleType):
    """Stands for a module until an attribute of it is asked for; then that comes from the module itself."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def load_later(*names: str) -> None:
    """Let `import` of these modules, unless they are loaded, wait for their first use."""
    for name in names:
        later = _Later(name)
        # The statement `import` asks for it.
        later.__spec__ = ModuleSpec(name, None)
        sys.modules.setdefault(name, later)
