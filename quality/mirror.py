"""Which tests a change of a file should make fail: those that mirror it, then those beside them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def stages(root: Path, file: str) -> list[tuple[str, ...]]:
    """Return the tests to run one after the other until one fails: the file's own, then its folder's, none twice.

    A fault that only tests elsewhere find is not found: whoever changes a file runs what stands beside it.
    """
    path = PurePosixPath(file)
    folder = root / "tests" / path.parent
    beside = sorted(test for test in folder.glob("test_*.py"))
    own = [test for test in beside if path.stem in _subjects(test.stem, path.parent.name)]
    deeper = [folder / path.stem] if path.suffix == ".py" and (folder / path.stem).is_dir() else []
    others = [test for test in beside if test not in own]
    named = [tuple(test.relative_to(root).as_posix() for test in tests) for tests in (own, deeper, others)]
    found = [stage for stage in named if stage]
    # A folder without tests of its own is tested by the folder above.
    is_in_a_package = path.parent.parent != PurePosixPath()
    return found or (stages(root, f"{path.parent}.py") if is_in_a_package else [])


def _subjects(stem: str, folder: str) -> set[str]:
    """Return the modules a test file may be about: names of test files are unique, so some begin with the folder's."""
    subject = stem.removeprefix("test_")
    return {subject, subject.removeprefix(f"{folder}_"), subject.removesuffix("_sql")}
