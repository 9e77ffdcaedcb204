"""Containers opened: each family's reader, by kind."""

from mailfax.document.converters import archive, cms, outlook, tnef

_READERS = {
    "zip": archive.unpack,
    "winmail.dat": tnef.unpack,
    "Outlook mail": outlook.unpack,
    "signed content": cms.unpack,
}


def unpack(kind: str, data: bytes, name: str) -> bytes:
    """What a container of this kind and file name holds, as a MIME entity. Raises `UnfitError`."""
    return _READERS[kind](data, name)
