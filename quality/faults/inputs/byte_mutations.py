"""Mutations of bytes: flips, cuts and mix-ups that disks, networks and other people's programs make."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from quality.faults.inputs.mutation import Mutation
from quality.faults.inputs.originals import Original, compressed

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_BLOCK_BYTES = 64


def _flip_bit(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << draw.randrange(8))]) + data[place + 1 :]


def _set_byte(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes([draw.randrange(256)]) + data[place + 1 :]


def _drop_byte(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + data[place + 1 :]


def _insert_byte(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes([draw.randrange(256)]) + data[place:]


def _zero_block(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes(len(data[place : place + _BLOCK_BYTES])) + data[place + _BLOCK_BYTES :]


def _repeat_block(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[: place + _BLOCK_BYTES] + data[place:]


def _drop_block(draw: Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + data[place + _BLOCK_BYTES :]


def _swap_blocks(draw: Random, data: bytes) -> bytes:
    first = draw.randrange(max(1, len(data) // 2 - _BLOCK_BYTES))
    second = draw.randrange(len(data) // 2, max(len(data) // 2 + 1, len(data) - _BLOCK_BYTES))
    a, b = data[first : first + _BLOCK_BYTES], data[second : second + _BLOCK_BYTES]
    return data[:first] + b + data[first + _BLOCK_BYTES : second] + a + data[second + _BLOCK_BYTES :]


def _cut(draw: Random, data: bytes) -> bytes:
    return data[: draw.randrange(1, len(data))]


def _cut_front(draw: Random, data: bytes) -> bytes:
    return data[draw.randrange(1, len(data)) :]


def _cut_after_a_line(draw: Random, original: Original) -> bytes:
    style = original.style
    kept = (original.header, *original.records[: draw.randrange(len(original.records))])
    return _packed(original, (style.line_end.join(kept) + style.line_end).encode(style.encoding))


def _cut_a_last_line(draw: Random, original: Original) -> bytes:
    cut = draw.randrange(1, 12)
    return _packed(original, original.text[:-cut].encode(original.style.encoding))


def _packed(original: Original, content: bytes) -> bytes:
    return compressed(content) if original.style.is_compressed else content


_BYTES: dict[str, Callable[[Random, bytes], bytes]] = {
    "a bit flipped": _flip_bit,
    "a byte changed": _set_byte,
    "a byte lost": _drop_byte,
    "a byte too many": _insert_byte,
    "a block of zeros": _zero_block,
    "a block twice": _repeat_block,
    "a block lost": _drop_block,
    "two blocks swapped": _swap_blocks,
}
_CUTS: dict[str, Callable[[Random, bytes], bytes]] = {"cut off": _cut, "its beginning lost": _cut_front}


def _of_content(change: Callable[[Random, bytes], bytes]) -> Callable[[Random, Original], bytes]:
    """Return the change of a CSV file's text, which is compressed afterwards."""
    return lambda draw, original: _packed(original, change(draw, original.content))


def _of_file(change: Callable[[Random, bytes], bytes]) -> Callable[[Random, Original], bytes]:
    """Return the change of the file as it lies on the disk."""
    return lambda draw, original: change(draw, original.data)


BYTES = tuple(Mutation("bytes", what, _of_content(change)) for what, change in _BYTES.items())
TRUNCATIONS = (
    *(Mutation("truncation", what, _of_content(change)) for what, change in _CUTS.items()),
    Mutation("truncation", "cut off after a line", _cut_after_a_line),
    Mutation("truncation", "its last characters lost", _cut_a_last_line),
    Mutation("truncation", "nothing left", lambda _draw, _original: b""),
)
GZIP = (
    *(Mutation("gzip", what, _of_file(change)) for what, change in (_BYTES | _CUTS).items()),
    Mutation("gzip", "bytes after its end", lambda draw, original: original.data + draw.randbytes(20)),
    Mutation("gzip", "zeros after its end", lambda _draw, original: original.data + bytes(20)),
    Mutation("gzip", "an empty member", lambda _draw, _original: compressed(b"")),
    Mutation("gzip", "compressed twice", lambda _draw, original: compressed(original.data)),
    Mutation("gzip", "plain text under its name", lambda _draw, original: original.content),
    Mutation("gzip", "under a plain name", lambda _draw, original: original.data, suffix=".csv"),
    Mutation(
        "gzip",
        "in two members",
        lambda draw, original: _two_members(original.content, draw.randrange(1, len(original.content))),
    ),
)
# The same changes, where a page, a header or the footer of a Parquet file may be hit.
PARQUET_BYTES = tuple(Mutation("Parquet pages", what, _of_file(change)) for what, change in (_BYTES | _CUTS).items())


def _two_members(content: bytes, place: int) -> bytes:
    return gzip.compress(content[:place], mtime=0) + gzip.compress(content[place:], mtime=0)
