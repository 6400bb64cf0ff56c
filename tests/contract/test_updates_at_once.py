"""Updates at once: if several clients act at the same time, it is as if they had acted one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.api import Api
from contracts.fuzz.payloads import to_json
from tests.contract.assertions import expect

# So many histories have several updates each, and so many one.
SEVERAL, SINGLE = 20, 6
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
    Six histories have one update, and many reads beside it.
    """
    several = [
        [
            (f"update {number}.{place}", SHARED[place] if number >= SEVERAL / 2 else f"of {number}.{place}")
            for place in range(5)
        ]
        for number in range(SEVERAL)
    ]
    single = [[(f"update {number}", f"of {number}")] for number in range(SEVERAL, SEVERAL + SINGLE)]

    shown = api.put_and_read_at_once(
        [
            *(
                [*map(body, valid), body((f"refused {number}", "refused"), foo="bar")]
                for number, valid in enumerate(several)
            ),
            *([*map(body, valid)] for valid in single),
        ]
    )

    sent = [*several, *single]
    everything = [update for valid in sent for update in valid]
    for valid, reads in zip(sent, shown, strict=False):
        expect(shows_one_of(valid, reads[-1]), f"in the end one of {valid}", reads[-1])
        for read in reads:
            expect("refused" not in read["name"], "no update that was refused", read)
            if read["name"].startswith("update"):
                expect(shows_one_of(everything, read), "an update as a whole", read)


@pytest.mark.alone
def test_many_updates_at_once_are_all_accepted(api: Api) -> None:
    """Eight clients update one customer at once, three times over. Each is answered 204, and the last one is stored."""
    crowds = [[(f"update {crowd}.{client}", f"of {crowd}.{client}") for client in range(8)] for crowd in range(3)]

    shown = api.put_and_read_at_once([[*map(body, updates)] for updates in crowds])

    for updates, reads in zip(crowds, shown, strict=False):
        expect(shows_one_of(updates, reads[-1]), f"in the end one of {updates}", reads[-1])
