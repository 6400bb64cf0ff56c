"""Updates at once: if several clients act at the same time, it is as if they had acted one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.api import Api
from contracts.fuzz.payloads import to_json
from tests.contract.assertions import expect

# So many histories have several updates each, so many one, and so many eight that are sent all at once.
SEVERAL, SINGLE, CROWDS = 20, 6, 3
# The external ids of the updates in a history that shares them.
SHARED = ("one", "other", "other", "one", "one")


def body(update: tuple[str, str], **more: str) -> bytes:
    """An update with this name and external id, which belong together."""
    name, external_id = update
    return to_json({"name": name, "externalCustomerId": external_id, **more})


def shows_one_of(updates: list[tuple[str, str]], read: dict[str, Any]) -> bool:
    """Whether a read shows one of these updates, and nothing of another one."""
    return any((read["name"], read.get("externalCustomerId", update[1])) == update for update in updates)


@pytest.mark.alone
def test_updates_and_reads_at_once_come_one_after_the_other(api: Api) -> None:
    """Several clients update and read one customer at once. One order of the updates explains what each read shows.

    Each of 20 histories has five valid updates, and a last one that is refused: no read may show it. In the second half
    of them all updates have one of two external ids, since a vendor may write only what differs from what it has read.
    Six histories have one update, and many reads beside it. Three have eight updates, all of them at the same time.
    """
    several = [
        [
            (f"update {number}.{place}", SHARED[place] if number >= SEVERAL / 2 else f"of {number}.{place}")
            for place in range(5)
        ]
        for number in range(SEVERAL)
    ]
    single = [[(f"update {number}", f"of {number}")] for number in range(SEVERAL, SEVERAL + SINGLE)]

    last = SEVERAL + SINGLE
    crowds = [[(f"update {last + at}.{place}", "shared") for place in range(8)] for at in range(CROWDS)]

    shown = api.put_and_read_at_once(
        [
            *(
                [*map(body, valid), body((f"refused {number}", "refused"), foo="bar")]
                for number, valid in enumerate(several)
            ),
            *([*map(body, valid)] for valid in [*single, *crowds]),
        ]
    )

    sent = [*several, *single, *crowds]
    everything = [update for valid in sent for update in valid]
    for valid, reads in zip(sent, shown, strict=False):
        expect(shows_one_of(valid, reads[-1]), f"in the end one of {valid}", reads[-1])
        for read in reads:
            expect("refused" not in read["name"], "no update that was refused", read)
            if read["name"].startswith("update"):
                expect(shows_one_of(everything, read), "an update as a whole", read)
