"""The tests of tests/contract that find what is wrong, with an answer or with what is stored.

Where a test is written out with its bodies, and another one sends the rest of payloads.yaml, the second begins with
OTHER.
"""

from __future__ import annotations

EXAMPLE = "test_the_published_example_is_stored"
TEXTS = "test_a_text_of_any_script_and_length_is_stored"
CLEARED = "test_an_external_id_is_cleared"
EMPTY_OR_NULL = "test_empty_and_null_are_not_the_same"
SMALL_CHANGE = "test_a_small_change_is_stored"
ONE_MEMBER = "test_a_change_of_one_member_alone_is_stored"
TWICE = "test_the_same_update_twice_is_as_once"
AT_ONCE = "test_updates_and_reads_at_once_come_one_after_the_other"
MANY_AT_ONCE = "test_many_updates_at_once_are_all_accepted"
STAYS = "test_the_first_update_is_still_stored_at_the_end"
LINGERING = "test_nothing_follows_a_204_until_the_connection_ends"
EMAIL_KEPT = "test_a_billing_email_that_is_left_out_is_kept"
EMAIL_REMOVED = "test_a_billing_email_that_is_empty_is_removed"
EMAIL_GONE = "test_a_billing_email_that_was_removed_stays_removed"
OTHER_VALID = "test_a_valid_update_is_answered_204_and_stored"
NO_JSON = "test_a_body_that_is_not_json_is_refused"
ENCODED = "test_json_in_another_encoding_is_read_or_refused"
CONSTANTS = "test_nan_and_infinity_are_refused"
OTHER_NO_JSON = "test_whatever_else_is_not_json_is_refused"
NO_CREDENTIAL = "test_a_request_without_a_valid_credential_is_refused"
OTHER_CREDENTIAL = "test_whatever_else_is_no_valid_credential_is_refused"
NO_SCOPE = "test_a_credential_without_the_scope_is_refused"
NO_CUSTOMER = "test_a_slug_that_names_no_customer_is_refused"
LONG_LINE = "test_a_request_line_that_is_too_long_is_refused"
CREATES_NONE = "test_an_update_of_an_unknown_customer_makes_none"
STAYS_REMOVED = "test_an_update_of_a_removed_customer_does_not_bring_it_back"
NO_OTHER_SLUG = "test_an_external_id_is_no_slug"
OTHER_SLUG = "test_whatever_else_names_no_customer_is_refused"
BROKEN_SCHEMA = "test_json_that_breaks_the_schema_is_refused"
OTHER_SCHEMA = "test_whatever_else_breaks_the_schema_is_refused"
OTHERS = "test_a_request_changes_no_other_customer"
BESIDE = "test_a_value_is_answered_alike_beside_every_other"
REWRITTEN = "test_how_an_update_is_written_changes_nothing"
REWRITTEN_BROKEN = "test_how_an_invalid_update_is_written_changes_nothing"
WITH_HEADERS = "test_how_headers_are_written_changes_nothing"
ACCEPTED = "test_what_a_client_accepts_changes_nothing"
REFUSED_AGAIN = "test_what_is_refused_is_refused_again"
LEFT_OPEN = "test_a_request_left_open_gets_one_of_its_answers"

# The test that is written out and expects nothing but this status; 413 and 415 are never the only ones.
BY_STATUS = {
    400: NO_JSON,
    401: NO_CREDENTIAL,
    403: NO_SCOPE,
    404: NO_CUSTOMER,
    413: LEFT_OPEN,
    415: LEFT_OPEN,
    422: BROKEN_SCHEMA,
}
