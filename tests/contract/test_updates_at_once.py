"""Updates at once: if several clients act at the same time, it is as if they had acted one after the other."""

from __future__ import annotations

import pytest

from contracts.api import Api
from contracts.fuzz.payloads import to_json
from tests.contract.assertions import expect

# So many histories have several updates each, and so many one.
SEVERAL, SINGLE = 20, 6


def body(name: str, **more: str) -> bytes:
    """An update whose two members belong together."""
    return to_json({"name": name, "externalCustomerId": f"of {name}", **more})


@pytest.mark.alone
def test_updates_and_reads_at_once_come_one_after_the_other(api: Api) -> None:
    """Several clients update and read one customer at once. One order of the updates explains what each read shows.

    Each of 20 histories has five valid updates, and a last one that is refused: no read may show it. Six histories have
    one update, and many reads beside it.
    """
    several = [[f"update {number}.{place}" for place in range(5)] for number in range(SEVERAL)]
    single = [[f"update {number}"] for number in range(SEVERAL, SEVERAL + SINGLE)]
    names = [*several, *single]

    shown = api.put_and_read_at_once(
        [
            *([*map(body, valid), body(f"refused {number}", foo="bar")] for number, valid in enumerate(several)),
            *([body(name)] for (name,) in single),
        ]
    )

    for number, reads in enumerate(shown):
        expect(reads[-1]["name"] in names[number], f"in the end one of {names[number]}", reads[-1]["name"])
        for read in reads:
            expect("refused" not in read["name"], "no update that was refused", read)
            if read["name"].startswith("update"):
                expect(read["externalCustomerId"] == f"of {read['name']}", "an update as a whole", read)
