"""Numbers of the manual: fax statuses, service codes, object types, and ways of forwarding."""

from collections.abc import Mapping

# Fax statuses

FAILURE = 0
OK = 1
QUEUED = 2
BY_CAUSE: Mapping[str | None, int] = {
    None: OK,
    "no_fax_tone": 3,
    "partial": 4,
    "busy": 6,
    "refused": 7,
    "conversion_failed": 8,
    "no_answer": 9,
    "bad_number": 10,
    "no_credit": 14,
}
"""By the exchange's cause; which status goes with which is inference from the manual's words.
No credit is refused before a call is ordered, and only a text message ends with it."""

# Results of methods

DONE = 0
BAD_LIST = 101
NO_ATTACHMENT = 102
TOO_MANY = 103
NO_CREDIT = 104
NOT_CONVERTED = 105
UNSUPPORTED = 106
NOT_AUTHENTICATED = 107
NO_RECIPIENTS = 108
MAIL_ACCEPTED = 109
GENERAL = 110
BAD_ADDRESS = 111
UNKNOWN_REGISTRATION = 200

# Object types; 9 is not in use

SENT_FAX = 1
RECEIVED_FAX = 2
VOICE = 3
SMS = 4
GROUP = 5
CONTACT = 6
FOLDER = 7
ALL = 8
TYPES: Mapping[str, int] = {
    "sent fax": SENT_FAX,
    "received fax": RECEIVED_FAX,
    "received voice mail": VOICE,
    "sent SMS": SMS,
    "contact group": GROUP,
    "contact": CONTACT,
    "folder": FOLDER,
    "get all": ALL,
    "time shift": 10,
    "register": 11,
}
CHANGED = 1
DELETED = -1
ACTIONS: Mapping[str, int] = {"create/modify": CHANGED, "delete": DELETED}

# Folder types

CUSTOM = 0
INBOX = 1
OUTBOX = 2

# Forwarding

BY_FAX = 3
BY_SMS = 4
BY_EMAIL = 5
