"""The journal: which disposable customers exist, written before each is made, so that a crash loses none.

One file a run, locked while the run lives; a file that is not locked belongs to a run that is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from contracts.target import WrongCall

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_FOLDER = ROOT / ".journal"
PREFIX = "contract-test-"


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
            self._lock.acquire(timeout=0)
            self._slugs: set[str] = set()
            self._write({"base_url": base_url})
        except OSError as error:
            raise WrongCall(f"the journal cannot be written ({error}); name another folder with --journal") from None

    def made(self, slug: str) -> None:
        """A customer with this slug is about to be made."""
        self._slugs.add(slug)
        self._write({"made": slug})

    def removed(self, slug: str) -> None:
        """The customer is gone."""
        self._slugs.discard(slug)
        self._write({"removed": slug})

    def close(self) -> None:
        """End the run; the file stays while customers are left."""
        if not self._slugs:
            self._path.unlink(missing_ok=True)
        self._lock.release()
        self._path.with_suffix(".lock").unlink(missing_ok=True)

    def _write(self, entry: dict[str, str]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def leftovers(folder: Path) -> Iterator[Leftover]:
    """What runs that are over left behind. A file that cannot be read is passed over, never removed."""
    for path in sorted(folder.glob("*.jsonl")):
        lock = FileLock(path.with_suffix(".lock"))
        try:
            with lock.acquire(timeout=0):
                entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
                made = [entry["made"] for entry in entries if "made" in entry]
                removed = {entry["removed"] for entry in entries if "removed" in entry}
                slugs = tuple(slug for slug in made if slug not in removed and slug.startswith(PREFIX))
                yield Leftover(path, entries[0]["base_url"], slugs)
        except (Timeout, OSError, ValueError, LookupError, TypeError):
            continue


def forget(leftover: Leftover) -> None:
    """Remove the file of a run whose customers are gone."""
    leftover.path.unlink(missing_ok=True)
    leftover.path.with_suffix(".lock").unlink(missing_ok=True)
