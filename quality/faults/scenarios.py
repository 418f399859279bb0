"""What breaks: each breakdown as a context, within which the run has met it, and after which all is mended."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import psutil

from quality.faults.kills import STAGES
from quality.faults.runs import Ended, Shop, Watched
from quality.server import standing_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

_TMPFS_BYTES = 150_000_000
_DAY_SECONDS = 86_400
_CLOCK = Path(__file__).with_name("clock.c")


class UntriedError(Exception):
    """A breakdown can't be made on this machine; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A breakdown: how it is made, what a line of the message must say (a pattern), and how the command may end."""

    name: str
    broken: Callable[[Shop, Path, Path], AbstractContextManager[Ended]]
    expected: str
    codes: tuple[int, ...] = (1,)


def _mount(folder: Path, *options: str) -> None:
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"no right to mount a file system here ({done.stderr.strip()})"
        raise UntriedError(message)


@contextmanager
def _on_small_disk(shop: Shop, template: Path) -> Iterator[None]:
    """Put the warehouse on a file system of its own in memory, which can be full."""
    shutil.rmtree(shop.warehouse)
    shop.warehouse.mkdir()
    try:
        _mount(shop.warehouse, "-t", "tmpfs", "-o", f"size={_TMPFS_BYTES}", "tmpfs")
        try:
            shop.restored(template)
            yield
            kept = shop.warehouse.with_name("kept")
            shutil.copytree(shop.warehouse, kept)
        finally:
            subprocess.run(["umount", "--lazy", str(shop.warehouse)], check=False)
    finally:
        shop.warehouse.rmdir()
    kept.rename(shop.warehouse)


def _full_disk(stage: str) -> Callable[[Shop, Path, Path], AbstractContextManager[Ended]]:
    """Fill the disk when a run reaches the stage."""

    @contextmanager
    def broken(shop: Shop, _folder: Path, template: Path) -> Iterator[Ended]:
        with _on_small_disk(shop, template):
            watched = Watched.start(shop)
            watched.wait_for(*STAGES[stage])
            ballast = shop.warehouse / "ballast"
            _fill(ballast)
            ended = watched.ended()
            ballast.unlink()
            yield ended

    return broken


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as stream:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                continue


@contextmanager
def _read_only(shop: Shop, _folder: Path, template: Path) -> Iterator[Ended]:
    with _on_small_disk(shop, template):
        _mount(shop.warehouse, "-o", "remount,ro")
        ended = shop.run()
        _mount(shop.warehouse, "-o", "remount,rw")
        yield ended


def _lake_file(shop: Shop) -> Path:
    """Return the largest Parquet file of the order lines."""
    files = (shop.warehouse / "data" / "core" / "order_lines").rglob("*.parquet")
    return max(files, key=lambda file: file.stat().st_size)


def _with_lake_file(
    change: Callable[[Path], None], *words: str
) -> Callable[[Shop, Path, Path], AbstractContextManager[Ended]]:
    """Change a file of the lake, ask with a command, and put the file back."""

    @contextmanager
    def broken(shop: Shop, folder: Path, _template: Path) -> Iterator[Ended]:
        file = _lake_file(shop)
        shutil.copy2(file, folder / "kept")
        change(file)
        ended = shop.ask(*words)
        shutil.copy2(folder / "kept", file)
        yield ended

    return broken


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)


def _with_catalog(change: Callable[[Path], None]) -> Callable[[Shop, Path, Path], AbstractContextManager[Ended]]:
    @contextmanager
    def broken(shop: Shop, folder: Path, _template: Path) -> Iterator[Ended]:
        catalog = shop.settings.warehouse.catalog_file
        shutil.copy2(catalog, folder / "kept")
        change(catalog)
        ended = shop.run()
        for leftover in catalog.parent.glob(f"{catalog.name}-*"):
            leftover.unlink()
        shutil.copy2(folder / "kept", catalog)
        yield ended

    return broken


def _damage(catalog: Path) -> None:
    size = catalog.stat().st_size
    with catalog.open("r+b") as stream:
        for place in range(4_096, size, 8_192):
            stream.seek(place)
            stream.write(Random(place).randbytes(512))  # noqa: S311 - no secret


@contextmanager
def _locked_catalog(shop: Shop, _folder: Path, _template: Path) -> Iterator[Ended]:
    with sqlite3.connect(shop.settings.warehouse.catalog_file, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        ended = shop.run()
        other.execute("ROLLBACK")
    other.close()
    yield ended


def _vanishing(stage: str) -> Callable[[Shop, Path, Path], AbstractContextManager[Ended]]:
    """Take a source's folder away when a run reaches the stage."""

    @contextmanager
    def broken(shop: Shop, folder: Path, _template: Path) -> Iterator[Ended]:
        source, kept = shop.folder / "order_lines", folder / "order_lines"
        if stage:
            watched = Watched.start(shop)
            watched.wait_for(*STAGES[stage])
            source.rename(kept)
            ended = watched.ended()
        else:
            source.rename(kept)
            ended = shop.run()
        kept.rename(source)
        yield ended

    return broken


def _moved_clock(
    before_days: float, meanwhile_days: float
) -> Callable[[Shop, Path, Path], AbstractContextManager[Ended]]:
    """Run with a clock that is wrong by some days, and by others from the merge on."""

    @contextmanager
    def broken(shop: Shop, folder: Path, _template: Path) -> Iterator[Ended]:
        library, clock = folder / "clock.so", folder / "clock"
        compiler = shutil.which("cc")
        if not compiler:
            message = "no C compiler, with which a clock can be put in the place of the machine's"
            raise UntriedError(message)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(_CLOCK), "-ldl"], check=True)
        clock.write_bytes(struct.pack("q", int(before_days * _DAY_SECONDS)))
        watched = Watched.start(shop, LD_PRELOAD=str(library), TILLFLOW_CLOCK=str(clock))
        watched.wait_for(*STAGES["merge"])
        with clock.open("r+b") as stream:
            stream.write(struct.pack("q", int(meanwhile_days * _DAY_SECONDS)))
        yield watched.ended()

    return broken


@contextmanager
def _server_gone(shop: Shop, _folder: Path, _template: Path) -> Iterator[Ended]:
    yield shop.run(PREFECT_API_URL="http://127.0.0.1:9/api")


@contextmanager
def _server_killed(shop: Shop, folder: Path, _template: Path) -> Iterator[Ended]:
    """Kill the server in the middle of a run, and start it again a little later."""
    with ExitStack() as servers:
        environment = servers.enter_context(standing_server(folder))
        # The shop's key is where its other runs have it.
        server = {name: environment[name] for name in ("PREFECT_API_URL", "PREFECT_HOME")}
        own = Shop(folder=shop.folder, environment=shop.environment | server)
        watched = Watched.start(own)
        watched.wait_for(*STAGES["merge"])
        os.killpg(int(environment["TILLFLOW_FAULTS_SERVER"]), signal.SIGKILL)
        time.sleep(3)
        port = int(environment["PREFECT_API_URL"].rpartition(":")[2].removesuffix("/api"))
        servers.enter_context(standing_server(folder, port))
        yield watched.ended()


@contextmanager
def _two_runs(shop: Shop, _folder: Path, _template: Path) -> Iterator[Ended]:
    first = Watched.start(shop)
    first.wait_for(*STAGES["start"])
    second = shop.run()
    if first.ended().code:
        message = "the first of two runs fails"
        raise RuntimeError(message)
    yield second


@contextmanager
def _family_killed(shop: Shop, _folder: Path, _template: Path) -> Iterator[Ended]:
    """Kill the process of a family while it computes."""
    watched = Watched.start(shop)
    watched.wait_for(*STAGES["families"])
    run = psutil.Process(watched.process.pid)
    while watched.process.poll() is None:
        families = [family for server in run.children() for family in server.children()]
        if families:
            families[0].kill()
            break
    yield watched.ended()


_FULL = "The disk is full"
SCENARIOS = (
    *(
        Scenario(name=f"disk full in {stage}", broken=_full_disk(stage), expected=_FULL)
        for stage in ("load", "merge", "features", "families", "publish", "record")
    ),
    Scenario(name="read-only folder", broken=_read_only, expected="can't be written|Read-only", codes=(1, 2)),
    Scenario(
        name="lake's file missing",
        broken=_with_lake_file(Path.unlink, "sql", "SELECT sum(quantity) FROM core.order_lines"),
        expected=r"\.parquet",
        codes=(1, 2),
    ),
    Scenario(name="lake's file missing, doctor", broken=_with_lake_file(Path.unlink, "doctor"), expected=r"\.parquet"),
    Scenario(
        name="lake's file cut off",
        broken=_with_lake_file(_cut, "sql", "SELECT sum(quantity) FROM core.order_lines"),
        expected=r"\.parquet",
        codes=(1, 2),
    ),
    Scenario(name="lake's file cut off, doctor", broken=_with_lake_file(_cut, "doctor"), expected=r"\.parquet"),
    Scenario(
        name="lake's file flipped, doctor", broken=_with_lake_file(_flip, "doctor", "--deep"), expected=r"\.parquet"
    ),
    Scenario(name="catalog lost", broken=_with_catalog(Path.unlink), expected="catalog .* is missing", codes=(2,)),
    Scenario(name="catalog damaged", broken=_with_catalog(_damage), expected="is damaged", codes=(2,)),
    Scenario(name="catalog locked", broken=_locked_catalog, expected="locked", codes=(1, 2)),
    Scenario(name="source vanishes before the run", broken=_vanishing(""), expected="set aside: .*order_lines"),
    Scenario(name="source vanishes half-way", broken=_vanishing("load"), expected="set aside: .*order_lines"),
    Scenario(name="clock two days slow", broken=_moved_clock(-2, -2), expected="published", codes=(0,)),
    Scenario(name="clock jumps back in the middle", broken=_moved_clock(0, -3), expected="published", codes=(0,)),
    Scenario(name="clock jumps on in the middle", broken=_moved_clock(0, 30), expected="published", codes=(0,)),
    Scenario(name="no Prefect server", broken=_server_gone, expected="Start the Prefect server", codes=(2,)),
    Scenario(name="Prefect server dies and comes back", broken=_server_killed, expected="published", codes=(0,)),
    Scenario(name="two runs at once", broken=_two_runs, expected="Another run is working", codes=(2,)),
    Scenario(name="family's process killed", broken=_family_killed, expected="published 2 of 2", codes=(0,)),
)
