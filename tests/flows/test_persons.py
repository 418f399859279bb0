from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.persons import show_receipts
from warehouse.erasing.accounts import Receipt, ReceiptLine

if TYPE_CHECKING:
    import pytest

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def test_a_receipt_says_what_went_and_what_is_left_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    line = ReceiptLine(
        table_name="raw.orders", rows_removed=1, rows_anonymous=2, files_rewritten=1, hash_before="a", hash_after="a"
    )
    show_receipts(
        [Receipt(erasure_id="e-1", customer_hashes=("ab",), began_at=NOW, ended_at=NOW, lines=(line,))],
    )
    said = " ".join(capsys.readouterr().out.split())
    assert "raw.orders: 1 rows removed, 2 made anonymous, 1 files written anew; the rows that stay are the same" in said
    assert "until the next run: tillflow run" in said
    assert "Backups, exports and the shop's own files are yours" in said


def test_nothing_to_erase_asks_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_receipts([])
    assert "tillflow run" not in capsys.readouterr().out
