"""The journal: which disposable customers may exist, written before each is made, so that a crash loses none.

Each run has one file, which is locked while the run lives. A file that is not locked belongs to a run that is over.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from filelock import FileLock, Timeout

from contracts.errors import NoVerdict, WrongCall
from contracts.http.request import CUSTOMER_CUT

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_FOLDER = ROOT / ".journal"
# The slug of each customer that the suite makes begins with this; one that begins with NOBODY names no customer.
PREFIX = "contract-test-"
NOBODY = f"{PREFIX}nobody"
# A word in a path, which has a letter or a digit; it may be a placeholder.
_WORD = re.compile(r"[\w<>-]*[^\W_][\w<>-]*")
# Seconds to wait for our own file while another run looks into it.
_MOMENT = 2.0


class Leftover(NamedTuple):
    """What a run that is over left behind: its file, where it ran, and the slugs."""

    path: Path
    base_url: str
    slugs: tuple[str, ...]


class Journal:
    """The journal of one run: the slugs of the customers that may exist. Without a folder it is kept in memory alone.

    Raises WrongCall if the folder cannot be written.
    """

    def __init__(self, folder: Path | None = None, run: str = "", base_url: str = "") -> None:
        self.slugs: set[str] = set()
        self._path = folder / f"{run}.jsonl" if folder else None
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # `close` releases the lock, and may run on another thread, where Ctrl-C cannot cut it short.
            self._lock = FileLock(self._path.with_suffix(".lock"), thread_local=False)
            self._lock.acquire(timeout=_MOMENT, poll_interval=0.01)
            self._write({"base_url": base_url})
        except OSError as error:
            forget(self._path)
            raise WrongCall(f"the journal cannot be written ({error}); name another folder with --journal") from None

    def made(self, slug: str) -> None:
        """Note that a customer with this slug is about to be made.

        Raises NoVerdict if the note cannot be written, so that the customer must not be made.
        """
        try:
            self._write({"made": slug})
        except OSError as error:
            raise NoVerdict(f"the journal cannot be written any more ({error}): no customer is made") from None
        self.slugs.add(slug)

    def removed(self, slug: str) -> None:
        """Note that there is no customer with this slug."""
        self.slugs.discard(slug)
        # If this cannot be written, the next run tries to remove the customer again, and learns that it is gone.
        with suppress(OSError):
            self._write({"removed": slug})

    def close(self) -> None:
        """End the run. The file stays if customers are left."""
        if self._path:
            if not self.slugs:
                forget(self._path)
            self._lock.release()

    def _write(self, entry: dict[str, str]) -> None:
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                # The entry is on a line of its own, even if the line before was cut short.
                file.write("\n" + json.dumps(entry))
                file.flush()
                os.fsync(file.fileno())


def may_be_a_strangers(slug: str) -> bool:
    """Whether a slug in a path may name a customer that the suite did not make, even if a careless server decodes it.

    The slug may have a placeholder for a customer of the suite. A slug without a letter or a digit names nobody.
    """
    steps = [_WORD.findall(step) for step in unquote(unquote(slug)).split("..")]
    # No slug has a single letter, and `customers` is the name of the path.
    named = [next((word for word in words if len(word) > 1 and word != "customers"), "") for words in steps]
    return not all(map(_is_ours, filter(None, named))) or (any(steps) and not any(named))


def _is_ours(word: str) -> bool:
    # Of a slug such as acme2, the form without its last character may be that of a stranger.
    return word.lstrip("_-").startswith((PREFIX, "<CUSTOMER")) and word != CUSTOMER_CUT


def leftovers(folder: Path) -> Iterator[Leftover]:
    """What runs that are over left behind. A file that cannot be read is passed over, never removed."""
    for path in sorted({file.with_suffix(".jsonl") for file in folder.glob("*") if file.suffix in (".jsonl", ".lock")}):
        lock = FileLock(path.with_suffix(".lock"))
        with suppress(Timeout, OSError, ValueError, LookupError, TypeError), lock.acquire(timeout=0):
            if not path.exists() or not path.stat().st_size:
                # The run ended before it wrote anything.
                forget(path)
                continue
            entries = []
            for line in path.read_bytes().splitlines():
                # A line may be cut short because the disk was full. Its customer was not made.
                with suppress(ValueError):
                    entries.append(json.loads(line))
            removed = {entry["removed"] for entry in entries if "removed" in entry}
            made = [entry["made"] for entry in entries if "made" in entry]
            slugs = tuple(slug for slug in made if slug not in removed and slug.startswith(PREFIX))
            yield Leftover(path, entries[0]["base_url"], slugs)


def forget(path: Path) -> None:
    """Remove the file of a run whose customers are gone, and its lock. The next run finds a file that stays."""
    for file in (path, path.with_suffix(".lock")):
        with suppress(OSError):
            file.unlink()
