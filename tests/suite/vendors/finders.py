"""The tests of tests/contract that find what is wrong, with an answer or with what is stored."""

from __future__ import annotations

VALID = "test_a_valid_update_is_answered_204_and_empty"
LINGERING = "test_nothing_follows_a_204_until_the_connection_ends"
STORED = "test_a_valid_update_is_stored_as_sent"
TWICE = "test_the_same_update_twice_is_as_once"
NO_JSON = "test_a_body_that_is_no_json_is_answered_400"
NO_CREDENTIAL = "test_a_request_without_a_valid_credential_is_answered_401"
NO_SCOPE = "test_a_credential_without_the_scope_is_answered_403"
NO_CUSTOMER = "test_a_slug_that_names_no_customer_is_answered_404"
BROKEN_SCHEMA = "test_json_that_breaks_the_schema_is_answered_422"
LEFT_OPEN = "test_a_request_left_open_gets_one_of_the_answers_allowed"
LEFT_OPEN_STORED = "test_a_request_left_open_leaves_what_its_answer_says"
OTHERS = "test_a_request_changes_no_other_customer"

# The test that expects nothing but this status; 413 and 415 are never the only ones.
BY_STATUS = {
    400: NO_JSON,
    401: NO_CREDENTIAL,
    403: NO_SCOPE,
    404: NO_CUSTOMER,
    413: LEFT_OPEN,
    415: LEFT_OPEN,
    422: BROKEN_SCHEMA,
}
