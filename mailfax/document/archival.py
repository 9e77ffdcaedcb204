"""What makes a PDF a PDF/A-2b (ISO 19005-2): words about it in XML, and what its grey means."""

import struct
import xml.sax.saxutils

CONDITION = "Grey, gamma 2.2, D50"

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" \
xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<pdf:Producer>mailfax</pdf:Producer>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
"""Says the same as the Info dictionary (ISO 19005-2 section 6.6.2, XMP specification part 1)."""

_D50 = (0.9642, 1.0, 0.8249)
_DESCRIBED = CONDITION.encode() + b"\0"


def metadata(title: str) -> bytes:
    """The XMP packet, in UTF-8."""
    return _XMP.format(title=xml.sax.saxutils.escape(title)).encode("utf-8", "replace")


def grey_profile() -> bytes:
    """An ICC profile of a grey display (ICC.1:2001-04, version 2.1): a curve and its white."""
    white = b"XYZ \0\0\0\0" + _xyz(*_D50)
    curve = struct.pack(">4sIIHH", b"curv", 0, 1, round(2.2 * 256), 0)
    title = struct.pack(">4sII", b"desc", 0, len(_DESCRIBED)) + _DESCRIBED + bytes(8 + 3 + 67)
    rights = b"text\0\0\0\0" + b"No rights reserved\0"
    return _profile({b"desc": title, b"cprt": rights, b"wtpt": white, b"kTRC": curve})


def _profile(tags: dict[bytes, bytes]) -> bytes:
    """Header, table of tags, and each of them on a multiple of four octets."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(
        ">I4sI4s4s4s6H4s4s20s4s12s48s",
        start + len(body), b"", 0x02100000, b"mntr", b"GRAY", b"XYZ ", 2026, 1, 1, 0, 0, 0, b"acsp",
        b"", b"", b"", _xyz(*_D50), b"",
    )  # fmt: skip
    return head + table + body


def _xyz(*values: float) -> bytes:
    """Fixed point numbers with 16 bits behind the point."""
    return struct.pack(">3i", *(round(value * 65536) for value in values))
