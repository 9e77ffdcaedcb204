"""Which elements a request may have (facts, section 4), in both versions.

Also those that came after the published contracts: TimeZone, and MessageRefs, which was
announced and taken back.
"""

from collections.abc import Mapping

from mailfax.sandbox.monopond.arguments import Shape


def _leaves(*names: str) -> dict[str, Shape]:
    return {name: {} for name in names}


_FILE = _leaves("FileName", "FileData")
_MERGES: dict[str, Shape] = {
    "DocMergeData": {"MergeField": _leaves("Key", "Value")},
    "StampMergeData": {
        "MergeField": {**_leaves("Key", "TextValue"), "ImageValue": _FILE},
    },
}
_OLD_SETTINGS = _leaves(
    "SendFrom",
    "Resolution",
    "Blocklists",
    "ScheduledStartTime",
    "Retries",
    "BusyRetries",
    "HeaderFormat",
)
_SETTINGS = {**_OLD_SETTINGS, **_leaves("MustBeSentBeforeDate", "MaxFaxPages", "CLI", "TimeZone")}
_OLD_DOCUMENT = {**_FILE, **_leaves("Order")}
_DOCUMENT = {**_OLD_DOCUMENT, **_leaves("DocumentRef", "DitheringTechnique"), **_MERGES}
_REFERENCES: dict[str, Shape] = {
    "MessageRefs": _leaves("MessageRef"),
    **_leaves("MessageRef", "SendRef", "BroadcastRef"),
}


def _send(settings: Shape, document: Shape) -> Shape:
    own = {**settings, "Documents": {"Document": document}}
    message = {**own, **_leaves("MessageRef", "SendTo")}
    return {
        **_leaves("BroadcastRef", "SendRef"),
        "FaxMessages": {"FaxMessage": message},
        **own,
    }


_STATUS = {**_REFERENCES, **_leaves("Verbosity")}
OLD: Mapping[str, Shape] = {
    "SendFaxRequest": _send(_OLD_SETTINGS, _OLD_DOCUMENT),
    "FaxStatusRequest": _STATUS,
    "StopFaxRequest": _REFERENCES,
    "PauseFaxRequest": _REFERENCES,
    "ResumeFaxRequest": _REFERENCES,
}
"""Of version 2, by request element."""
NEW: Mapping[str, Shape] = {
    **OLD,
    "SendFaxRequest": _send(_SETTINGS, _DOCUMENT),
    "SaveFaxDocumentRequest": {**_FILE, **_leaves("DocumentRef")},
    "DeleteFaxDocumentRequest": {**_REFERENCES, **_leaves("DocumentRef")},
    "FaxDocumentPreviewRequest": {
        **_leaves("DocumentRef", "Resolution", "DitheringTechnique"),
        **_MERGES,
    },
}
"""Of version 2.1."""
