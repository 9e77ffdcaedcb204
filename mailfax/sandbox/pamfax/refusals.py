"""Refusals: a code of the vendor's table (facts file, section 7), and words for people.

Which refusal meets which mistake is evidenced for few (`user_not_found`, `no_files_in_fax`,
`not_enough_credit`, `fax_not_found`, `bad_password`, `country_has_no_states`,
`not_authenticated`, `user_email_already_exist`); all others are inference by their names.
"""

from collections.abc import Mapping

_MESSAGES: Mapping[str, str] = {
    "403": "Access denied",
    "404": "Not found",
    "fax_not_found": "Fax not found",
    "no_files_in_fax": "No files in fax found",
    "no_user_logged_in": "No user is logged in",
    "not_enough_credit": (
        "You don't have enough PamFax Credit. "
        '<a href="https://www.pamfax.biz/shop">Buy PamFax Credit now</a>.'
    ),
    "session_not_found": "Your session has expired, please log in again",
    "user_not_found": "Unknown user name or incorrect password",
}


class Refused(Exception):
    """A call that ends in an error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        """For people; may hold HTML, as the service's do."""
        return _MESSAGES.get(self.code, self.code.replace("_", " ").capitalize())
