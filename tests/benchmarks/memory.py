"""Whether memory stays flat: the largest that one process of the generated tests became, for few cases and for many.

`python -m tests.benchmarks.memory` compares 10,000 with 200,000; `--cases 1000000` is the deep profile's million.
"""

from __future__ import annotations

import argparse

from tests.benchmarks.tools import generated
from tests.suite.suite_run import served_mock


def main() -> None:
    """Print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 200_000])
    with served_mock() as (_, url):
        # The first run in a checkout builds Hypothesis's table of Unicode, which takes more than all that follows.
        generated(url, 100)
    megabytes: list[float] = []
    for cases in parser.parse_args().cases:
        with served_mock() as (_, url):
            run = generated(url, cases)
        megabytes.append(run.megabytes)
        ratio = f", {megabytes[-1] / megabytes[0]:.2f} of the first"
        print(
            f"{run.updates} updates in {run.seconds:.0f} s, exit {run.code}: {run.megabytes:.0f} MB{ratio}",
            flush=True,
        )


if __name__ == "__main__":
    main()
