"""Runs the suite against every vendor of the catalogue, and compares each exit code with what it must be.

Run as `tox -e faults`; `-- --only REGEX` picks some, `-- --seeds 20` tries each with this many seeds.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.suite.measure import Measured, measured
from tests.suite.vendors import catalogue
from tests.suite.vendors.variant import Broken, Hostile, Unusual, Variant

MUST = {Broken: "1", Unusual: "0", Hostile: "1 or 6"}
SLOWEST = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all vendors that were asked for. Returns 1 if any outcome is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only vendors whose name or family matches this")
    parser.add_argument("--each", type=int, default=1, help="only each so many'th of them")
    parser.add_argument("--seeds", type=int, default=1, help="run each with so many seeds")
    parser.add_argument(
        "--generated", action="store_true", help="run only the generated tests, the only ones of a seed"
    )
    parser.add_argument("--workers", type=int, default=2, help="runs at a time")
    parser.add_argument("--keep", type=Path, help="keep what each run printed in this folder")
    chosen = parser.parse_args(arguments)
    picked = [variant for variant in catalogue() if re.search(chosen.only, f"{variant.__module__}.{variant.__name__}")]
    arguments = ("-m", "fuzz") if chosen.generated else ()
    runs = list(_all(picked[:: chosen.each], range(1, chosen.seeds + 1), chosen.workers, chosen.keep, arguments))
    print("\n".join(_summary(runs)))
    return 1 if any(run.wrong for run in runs) or not runs else 0


def _all(
    picked: Sequence[type[Variant]], seeds: Sequence[int], workers: int, keep: Path | None, arguments: Sequence[str]
) -> Iterator[Measured]:
    # Each run has a process of its own, so that the memory measured is that of one run.
    with ProcessPoolExecutor(workers, max_tasks_per_child=1) as pool:
        futures = {pool.submit(_one, variant.__name__, seed, arguments): seed for seed in seeds for variant in picked}
        for future in as_completed(futures):
            run, seed = future.result(), futures[future]
            print(_row(run, seed), flush=True)
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{run.name}-{seed}.txt").write_text(run.output, encoding="utf-8")
            yield run


def _one(name: str, seed: int, arguments: Sequence[str]) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        # With a given seed, the failures of an earlier run are not tried again.
        return measured(name, Path(folder), "--hypothesis-seed", str(seed), "-p", "no:cacheprovider", *arguments)


def _must(variant: type[Variant]) -> str:
    return next(must for kind, must in MUST.items() if issubclass(variant, kind))


def _row(run: Measured, seed: int) -> str:
    found = ", ".join(run.groups) or "; ".join(run.reasons)[:100] or "-"
    figures = f"{run.seconds:6.1f} s {run.megabytes:5.0f} MB"
    wrong = f"  WRONG: {'; '.join(run.wrong)}" if run.wrong else ""
    must = f"must {_must(run.variant):6} was {run.code}"
    return f"{run.name:50} seed {seed:<3} {must}{figures}  {found}{wrong}"


def _summary(runs: Sequence[Measured]) -> Iterator[str]:
    yield ""
    for kind, must in MUST.items():
        of_kind = [run for run in runs if issubclass(run.variant, kind)]
        right = [run for run in of_kind if not run.wrong]
        if of_kind:
            slowest = max(run.seconds for run in of_kind)
            largest = max(run.megabytes for run in of_kind)
            figures = f"slowest {slowest:.0f} s, largest {largest:.0f} MB"
            yield f"{kind.__name__.lower():8} must be {must:6}: {len(right)} of {len(of_kind)} right, {figures}"
    yield ""
    for run in sorted(runs, key=lambda run: -run.seconds)[:SLOWEST]:
        yield f"{run.seconds:6.1f} s  {run.name}"


if __name__ == "__main__":
    sys.exit(main())
