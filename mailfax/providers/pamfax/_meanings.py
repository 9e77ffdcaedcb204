"""What PamFax's error codes mean: the names of the vendor's error table of 2017 [P].

On the wire a code is its name in lower case; the numbers were never seen there [F]. A code that
is not here is no clear no: what it was asked to do may have been done. What our classes and
causes make of a name is our reading of that name; the table has no prose.
"""

import dataclasses

from mailfax import errors
from mailfax.errors import Cause

SUCCESS = "success"


class Gone(errors.Permanent):
    """What was asked about is not there, or is not ours."""


class Ended(errors.Temporary):
    """The session is over, and with it the fax that was under construction in it."""


class Strange(errors.Temporary):
    """A whole answer with a code that nobody knows, to a question that changes nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What one code says, in our words."""

    kind: type[errors.Temporary | errors.Permanent]
    text: str
    cause: Cause = Cause.UNKNOWN


_LOGIN = Meaning(errors.Temporary, "the provider refuses the login", Cause.LOGIN_FAILED)
_RIGHT = Meaning(errors.Temporary, "the account may not do this", Cause.LOGIN_FAILED)
_ENDED = Meaning(Ended, "the session at the provider has ended")
_NO_FAX = Meaning(Gone, "the provider has no such fax")
_MANGLED = Meaning(errors.Temporary, "the document did not reach the provider as it was sent")
_KIND = Meaning(
    errors.Permanent, "the provider does not take such a document", Cause.UNSUPPORTED_DOCUMENT
)
_CONVERSION = Meaning(
    errors.Permanent, "the provider cannot convert the document", Cause.CONVERSION_FAILED
)
_NUMBER = Meaning(
    errors.Permanent, "the provider says that the fax number is invalid", Cause.BAD_NUMBER
)
_TOO_MUCH = Meaning(errors.Permanent, "the provider does not take so much", Cause.TOO_LONG)
_LATER = Meaning(errors.Temporary, "the provider is not ready for it yet")
_EMPTY = Meaning(errors.Temporary, "the provider has lost a part of the fax")

MEANINGS: dict[str, Meaning] = {
    # That a wrong checksum or an old token gives 403 is inference: "Die403" and a handler of old
    # tokens are all that is known of them.
    "403": Meaning(Ended, "the provider refuses key, checksum or session", Cause.LOGIN_FAILED),
    "404": Meaning(errors.Temporary, "the provider has no such operation"),
    "not_found": Meaning(Gone, "the provider has no such thing"),  # seen, in no table
    "invalid_user": _LOGIN,
    "user_blacklisted": _LOGIN,
    "bad_password": _LOGIN,
    "user_not_found": _LOGIN,
    "username_not_found": _LOGIN,
    "username_not_confirmed": _LOGIN,
    "reseller_locked": _LOGIN,
    "access_denied": _RIGHT,
    "missing_right": _RIGHT,
    "no_user_logged_in": _ENDED,
    "user_not_logged_in": _ENDED,
    "session_not_found": _ENDED,
    "session_not_extended": _ENDED,
    "invalid_fax_number": _NUMBER,
    "invalid_recipient": _NUMBER,
    "unsupported_fax_number": Meaning(
        errors.Permanent, "the provider does not fax to that number", Cause.NO_ROUTE
    ),
    "file_not_found": Meaning(Gone, "the provider has no such file"),
    "fax_not_found": _NO_FAX,
    "fax_removed": _NO_FAX,
    "no_fax": Meaning(Ended, "no fax is under construction in this session"),
    "no_files_in_fax": _EMPTY,
    "no_recipients_in_fax": _EMPTY,
    "not_enough_credit": Meaning(
        errors.Temporary, "the account has too little credit", Cause.NO_CREDIT
    ),
    "generation_failed": _CONVERSION,
    "conversion_compilefax": _CONVERSION,
    "bad_file": _KIND,
    "lnk_file": _KIND,
    "file_no_supported_extensions": _KIND,
    "file_extension_not_supported": _KIND,
    "file_no_supported_mimetypes": _KIND,
    "file_mime_not_supported": _KIND,
    "file_too_large": _TOO_MUCH,
    "too_many_files": _TOO_MUCH,
    "file_wrong_checksum": _MANGLED,
    "file_wrong_size": _MANGLED,
    "no_file_uploaded": _MANGLED,
    "fax_not_ready": _LATER,
    "creating_preview": _LATER,
    "too_many_requests": Meaning(errors.Temporary, "the provider asks for fewer requests"),
}

REFUSALS = frozenset(
    """
    message_send_failed bad_identifier_type bad_currency shop_user_not_found voucher_invalid
    voucher_expired identifier_already_used identifier_not_found invalid_ip
    profile_type_deprecated invalid_name_chars invalid_datetime current_password_wrong deprecated
    coming_soon username_already_confirmed
    user_exists fax_exists invalid_fax_in user_email_already_exist
    bad_property bad_email bad_username user_is_post_pay username_already_used too_many_covers
    bad_cover_file
    invalid_cover no_esker_fax enough_credit payment_not_found invoice_not_found
    duplicate_recipient too_many_numbers filename_too_long
    accept_membership company_not_saved no_company member_not_saved member_not_deleted
    inviting_user_notfound delete_membership value_must_be_larger_zero no_membership
    no_companyowner less_than_allowed_minimum company_data_incomplete
    invalid_country_code country_has_no_states invalid_country_state address_field_missing
    address_validation_error address_invalid testnumber_limit no_faxin_available
    did_group_missing area_code_empty address_field_too_big wrong_salutation_field
    address_not_created during_upload_proof cart_not_created cart_checkout did_not_loaded
    not_configured did_cities_mismatched no_cities invalid_city_name no_zips
    invalid_zone invalid_percent_value
    importing_contacts_failed invalid_provider recommending_failed facebook_token payout_failed
    reactivation_failed no_avatar invalid_culture
    invalid_spamscore empty_sender
    unknown_provider already_authenticated not_authenticated authentication_expired
    download_failed unable_to_create_path unable_to_upload_file missing_argument
    missing_settings google_2step_error
    registration_failed registration_missing_data registration_invalid_email
    registration_email_in_use bad_date_value bad_time_value bad_datetime_value no_reseller_id
    invalid_timezone
    shortening_failed invalid_shorturl
    missing_right_messaging
    invalid_number_provider provider_not_assignable number_already_assigned number_not_assigned
    number_not_assigned_to_user provider_not_cancelable unable_to_cancel alias_not_found
    invalid_alias_number alias_already_assigned unable_to_lock unable_to_unlock
    group_not_found contact_not_found group_already_exists nothing_to_do
    voxbone_failure_soap_pivalid voxbone_verify_doc_missing
    proc_task_not_found proc_job_not_found proc_task_cancelled
    osp_provider_not_found osp_checkstate_not_supported osp_overload osp_nissed_autorization
    osp_bad_response
    sp_action_not_found sp_scores_not_created
    faxin_number_not_found faxin_number_inactive faxin_number_test_unknown_provider
    unable_to_find_file_fs internal_user_not_found shopping_plan_not_found no_pool_numbers
    faxin_group_not_found faxin_no_plans faxin_action_not_supported faxin_plan_not_supported
    area_code_not_found faxin_no_numbers_for_areacode unable_to_get_faxin_group_data
    verify_doc_missed verify_doc_missed_in_storage wrong_params_for_action
    pool_number_not_found wrong_months_count plan_not_found plan_disabled validation_not_passed
    not_inserted_from_pool not_deleted_from_pool faxin_unable_to_extend
    faxin_number_have_too_long_valid_until unable_to_set_valid_until faxin_plans_mismatch
    verify_doc_not_needed faxin_unable_to_upgrade faxin_number_unverified
    verify_doc_file_too_large fields_missing faxin_already_pro faxin_uptodate
    languages_not_found languages_not_supported
    """.split()  # noqa: SIM905 - a table of words
)
"""The other names of the table: the provider said no, and that is all they tell us. Left out
of it are `unspecified` and `500`, which do not say that nothing was done, and numbered names
of the vendor's own tests."""


def meaning(code: str) -> Meaning | None:
    """What an error code says; None when it is no clear no."""
    if code in REFUSALS:
        return Meaning(errors.Permanent, "the provider says no")
    return MEANINGS.get(code)
