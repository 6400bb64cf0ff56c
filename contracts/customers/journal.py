"""The journal: which disposable customers exist, written before each is made, so that a crash loses none.

One file a run, locked while the run lives; a file that is not locked belongs to a run that is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from contracts.errors import NoVerdict, WrongCall

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_FOLDER = ROOT / ".journal"
PREFIX = "contract-test-"
# Seconds to wait for a file of our own that somebody else looks into.
_MOMENT = 2.0


@dataclass(frozen=True)
class Leftover:
    """What a run that is over left behind: its file, where it ran, and the slugs."""

    path: Path
    base_url: str
    slugs: tuple[str, ...]


class Journal:
    """The journal of one run. Never holds a token.

    Raises:
        WrongCall: the folder cannot be written.

    """

    def __init__(self, folder: Path, run: str, base_url: str) -> None:
        self._path = folder / f"{run}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._path.with_suffix(".lock"))
            self._lock.acquire(timeout=_MOMENT, poll_interval=0.01)
            self._slugs: set[str] = set()
            self._write({"base_url": base_url})
        except OSError as error:
            _unlink(self._path)
            _unlink(self._path.with_suffix(".lock"))
            raise WrongCall(f"the journal cannot be written ({error}); name another folder with --journal") from None

    def made(self, slug: str) -> None:
        """A customer with this slug is about to be made.

        Raises:
            NoVerdict: that cannot be written, so that none may be made.

        """
        try:
            self._write({"made": slug})
        except OSError as error:
            raise NoVerdict(f"the journal cannot be written any more ({error}): no customer is made") from None
        self._slugs.add(slug)

    def removed(self, slug: str) -> None:
        """The customer is gone."""
        self._slugs.discard(slug)
        # One that stays listed is found gone by whoever removes it once more.
        with suppress(OSError):
            self._write({"removed": slug})

    def close(self) -> None:
        """End the run; the file stays while customers are left."""
        if not self._slugs:
            _unlink(self._path)
        self._lock.release()
        _unlink(self._path.with_suffix(".lock"))

    def _write(self, entry: dict[str, str]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            # On a line of its own, even where the one before was cut short.
            file.write("\n" + json.dumps(entry))
            file.flush()
            os.fsync(file.fileno())


def leftovers(folder: Path) -> Iterator[Leftover]:
    """What runs that are over left behind. A file that cannot be read is passed over, never removed."""
    for path in sorted({file.with_suffix(".jsonl") for file in folder.glob("*") if file.suffix in (".jsonl", ".lock")}):
        lock = FileLock(path.with_suffix(".lock"))
        try:
            with lock.acquire(timeout=0):
                if not path.exists() or not path.stat().st_size:
                    # A run that ended before it wrote anything.
                    _unlink(path)
                    _unlink(path.with_suffix(".lock"))
                    continue
                entries = list(_entries(path))
                made = [entry["made"] for entry in entries if "made" in entry]
                removed = {entry["removed"] for entry in entries if "removed" in entry}
                slugs = tuple(slug for slug in made if slug not in removed and slug.startswith(PREFIX))
                yield Leftover(path, entries[0]["base_url"], slugs)
        except (Timeout, OSError, ValueError, LookupError, TypeError):
            continue


def _entries(path: Path) -> Iterator[dict[str, str]]:
    for line in path.read_bytes().splitlines():
        # Where the disk was full, a line may be cut short: its customer was not made.
        with suppress(ValueError):
            yield json.loads(line)


def forget(leftover: Leftover) -> None:
    """Remove the file of a run whose customers are gone."""
    _unlink(leftover.path)
    _unlink(leftover.path.with_suffix(".lock"))


def _unlink(path: Path) -> None:
    """Remove a file, where that can be: what stays is found empty, or its customers gone, by the next run."""
    with suppress(OSError):
        path.unlink()
