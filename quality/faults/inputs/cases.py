"""The draw of mutated files: every kind as often as the others, in files of every style."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from quality.faults.inputs.byte_mutations import BYTES, GZIP, PARQUET_BYTES, TRUNCATIONS
from quality.faults.inputs.originals import Style, original
from quality.faults.inputs.parquet_mutations import PARQUET_TABLES
from quality.faults.inputs.text_mutations import ENCODINGS, HEADERS, QUOTES, SIZES, TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quality.faults.inputs.mutation import Mutant, Mutation

_CSV = (
    Style(),
    Style(),
    Style(line_end="\r\n"),
    Style(delimiter=";"),
    Style(quote_all=True),
    Style(is_compressed=True),
    Style(encoding="latin-1"),
    Style(encoding="cp1252"),
    Style(encoding="utf-16"),
)
_GZIP = (
    Style(is_compressed=True),
    Style(is_compressed=True, quote_all=True),
    Style(is_compressed=True, encoding="cp1252"),
)
_PARQUET = (
    Style(parquet="none", has_checksums=True),
    Style(parquet="snappy", has_checksums=True),
    Style(parquet="zstd", has_checksums=True),
    Style(parquet="none"),
    Style(parquet="snappy"),
)
_KINDS: tuple[tuple[Sequence[Mutation], Sequence[Style]], ...] = (
    (BYTES, _CSV),
    (TRUNCATIONS, _CSV),
    (ENCODINGS, _CSV),
    (QUOTES, _CSV),
    (TYPES, _CSV),
    (SIZES, _CSV),
    (HEADERS, _CSV),
    (GZIP, _GZIP),
    (PARQUET_BYTES, _PARQUET),
    (PARQUET_TABLES, _PARQUET),
)


def mutants(count: int, seed: int) -> list[Mutant]:
    """Return `count` mutated files, the same for the same seed."""
    return [_mutant(number, seed) for number in range(count)]


def _mutant(number: int, seed: int) -> Mutant:
    draw = Random(f"{seed} {number}")  # noqa: S311 - a draw that can be repeated, no secret
    mutations, styles = _KINDS[number % len(_KINDS)]
    mutation = mutations[number // len(_KINDS) % len(mutations)]
    return mutation.applied(draw, original(draw, draw.choice(styles), f"N{number}"))


def batches(cases: Sequence[Mutant], size: int) -> Iterator[list[Mutant]]:
    """Yield the cases in groups that one source can hold: of one encoding."""
    by_encoding: dict[str, list[Mutant]] = {}
    for mutant in cases:
        by_encoding.setdefault(mutant.original.style.encoding, []).append(mutant)
    for group in by_encoding.values():
        for first in range(0, len(group), size):
            yield group[first : first + size]
