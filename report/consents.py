"""Who is left out of the lists that name customers, and why, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import words
from report.blocks import Note

if TYPE_CHECKING:
    from report.shop import Shop


def left_out(shop: Shop, refusing_count: int) -> tuple[Note, ...]:
    """Say how many customers a list does not name; nothing where it names everybody.

    `refusing_count` are those who would stand in it if they might be contacted.
    """
    said = []
    if refusing_count:
        are = "is" if refusing_count == 1 else "are"
        said.append(f"{words.plural(refusing_count, 'customer')} {are} left out of the list, who may not be contacted.")
    if count := shop.objection_count:
        objects = "objects" if count == 1 else "object"
        said.append(
            f"{words.plural(count, 'customer')} {objects} to profiling: nothing here is about them, and sums over "
            "customers are without them."
        )
    return (Note(text=" ".join(said)),) if said else ()
