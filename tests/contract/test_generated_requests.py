"""Generated requests: those that nobody wrote by hand.

Schemathesis draws cases from the pinned document, with our own values for bodies plugged in. Hypothesis searches and
shrinks. One example is a list of cases, which are sent at once, to customers of ours. The judge behind `api` works out
from what was sent which statuses may answer, and looks at what is stored afterwards. A failing request is sent again
alone, and the smallest one that fails in the same way explains the failure.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from schemathesis import Case, GenerationMode

from contracts.api import Api
from contracts.fuzz import BREAKING, FITTING, Round, authorizations, mutated_bodies, rounds, slugs_of_nobody
from contracts.http.request import CUSTOMER, Request

pytestmark = pytest.mark.fuzz

# The slug of a customer, and the token, are filled in when a request is sent.
OURS = {"headers": {"Authorization": "Bearer <KAITEN_AUTH_TOKEN>"}, "path_parameters": {"customerSlug": CUSTOMER}}
UPDATE = ("/customers/{customerSlug}", "PUT")
VALID = FITTING[UPDATE[0]][UPDATE[1]].as_strategy(generation_mode=GenerationMode.POSITIVE, **OURS)
BROKEN = BREAKING[UPDATE[0]][UPDATE[1]].as_strategy(generation_mode=GenerationMode.NEGATIVE, **OURS)
# Our own strategies draw what Schemathesis cannot: broken bytes, slugs and credentials. They get half the examples.
SHARE = 0.5


@FITTING.parametrize()
def test_examples_and_boundaries_of_the_schema(case: Case, api: Api) -> None:
    """Every example of the document, and every boundary of its schema from both sides, is answered as promised."""
    # `send` fails the test if the answer, or what is stored, is not as promised.
    api.send(case)


@pytest.mark.parametrize("round_", rounds(), ids=str)
def test_bodies_that_fit_the_schema(round_: Round, api: Api) -> None:
    """Every body that fits the request schema is accepted and stored as sent, even long texts in any script."""

    @round_.settings_and_seed
    @given(cases=round_.batches(VALID))
    def explore_valid_bodies(cases: list[Case]) -> None:
        api.send_together(cases).each_as_promised()

    explore_valid_bodies()


@pytest.mark.parametrize("round_", rounds(), ids=str)
def test_bodies_that_break_the_schema(round_: Round, api: Api) -> None:
    """Every body that breaks the request schema is refused, and changes nothing."""

    @round_.settings_and_seed
    @given(cases=round_.batches(BROKEN))
    def explore_broken_bodies(cases: list[Case]) -> None:
        api.send_together(cases).each_as_promised()

    explore_broken_bodies()


@pytest.mark.parametrize("round_", rounds(SHARE), ids=str)
def test_bytes_that_are_not_json(round_: Round, api: Api) -> None:
    """Every mutation of a valid body is refused, or read as the JSON that it still is."""

    @round_.settings_and_seed
    @given(requests=round_.batches(mutated_bodies()))
    def explore_mutated_bodies(requests: list[Request]) -> None:
        api.send_together(requests).each_as_promised()

    explore_mutated_bodies()


@pytest.mark.parametrize("round_", rounds(SHARE), ids=str)
def test_slugs_that_name_no_customer(round_: Round, api: Api) -> None:
    """Every slug that names no customer is answered 404."""

    @round_.settings_and_seed
    @given(requests=round_.batches(slugs_of_nobody()))
    def explore_slugs(requests: list[Request]) -> None:
        api.send_together(requests).each_as_promised()

    explore_slugs()


@pytest.mark.parametrize("round_", rounds(SHARE), ids=str)
def test_credentials_of_any_kind(round_: Round, api: Api) -> None:
    """Every credential that is not valid is answered 401. If it is malformed, 400 is allowed, too."""

    @round_.settings_and_seed
    @given(requests=round_.batches(authorizations()))
    def explore_credentials(requests: list[Request]) -> None:
        api.send_together(requests).each_as_promised()

    explore_credentials()
