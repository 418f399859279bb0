"""The charts' libraries are put together once for each version of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report import bundle
from report.bundle import javascript, kept_in, write_javascript

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was put together, one text for each time."""
    texts: list[str] = []

    def put_together() -> str:
        texts.append(f"// libraries {len(texts) + 1}")
        return texts[-1]

    monkeypatch.setattr(bundle, "_put_together", put_together)
    return texts


def test_they_are_put_together_once_where_they_are_kept(made: list[str], tmp_path: Path) -> None:
    file = kept_in(tmp_path / "libraries")
    assert javascript(file) == javascript(file) == "// libraries 1"
    write_javascript(file)
    assert made == ["// libraries 1"]
    assert list(file.parent.iterdir()) == [file]


def test_another_version_takes_the_place_of_the_one_before(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept_in(tmp_path)
    write_javascript(before)
    monkeypatch.setattr(bundle, "version", lambda _package: "99")
    file = kept_in(tmp_path)
    assert javascript(file) == "// libraries 2"
    assert list(tmp_path.iterdir()) == [file]
    assert len(made) == 2


def test_without_a_place_they_are_put_together_each_time(made: list[str]) -> None:
    assert javascript() == "// libraries 1"
    assert javascript() == "// libraries 2"
    assert len(made) == 2
