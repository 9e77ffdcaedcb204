"""Two hundred variants of the real documents, for those that nobody here has seen: cut short,
damaged, named and labelled wrongly, coded otherwise, and one mail inside the other.

Each becomes pages that pass the checker, or is refused in a sentence; none breaks its renderer.
"""

import contextlib
import email.message
import email.policy
import itertools
import random
from collections.abc import Callable, Iterator

import pytest

from mailfax import errors
from mailfax.document import check, render
from mailfax.mail import message
from tests.document.drawing import CORPUS

LAYOUT = render.Layout(paper="a4", resolution="standard", max_pages=12)
COUNT, BATCHES = 200, 20
LARGEST = 320_000
"""Octets: larger files have tests of their own."""
_NAMES = (
    "letter.pdf",
    "photo.jpg",
    "scan.tif",
    "text.txt",
    "page.html",
    "table.xlsx",
    "noname",
    "",
)
_LABELS = ("application/pdf", "image/jpeg", "image/tiff", "text/plain", "text/html", "audio/wav")


def mailed(data: bytes, name: str, label: str, coding: str = "base64") -> bytes:
    """A mail with these octets as its attachment."""
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["Subject"] = "ann@example.com", "A document"
    main, _, sub = label.partition("/")
    if main == "text":
        main, sub = "application", "octet-stream"
    mail.add_attachment(data, maintype=main, subtype=sub, filename=name or None, cte=coding)
    return mail.as_bytes().replace(b"application/octet-stream", label.encode(), 1)


def cut_short(data: bytes, name: str, chance: random.Random) -> bytes:
    return plainly(data[: max(1, int(len(data) * chance.uniform(0.1, 0.95)))], name, chance)


def damaged(data: bytes, name: str, chance: random.Random) -> bytes:
    held = bytearray(data)
    for _ in range(chance.randint(1, 30)):
        held[chance.randrange(len(held))] = chance.randrange(256)
    return plainly(bytes(held), name, chance)


def misnamed(data: bytes, name: str, chance: random.Random) -> bytes:
    return mailed(data, chance.choice(_NAMES), "application/octet-stream")


def mislabelled(data: bytes, name: str, chance: random.Random) -> bytes:
    return mailed(data, name, chance.choice(_LABELS))


def recoded(data: bytes, name: str, chance: random.Random) -> bytes:
    """Line ends of a system that takes everything for text, or another transfer encoding."""
    if chance.random() < 0.5:
        return plainly(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), name, chance)
    return mailed(data, name, "application/octet-stream", "quoted-printable")


def nested(data: bytes, name: str, chance: random.Random) -> bytes:
    outer = email.message.EmailMessage(policy=email.policy.SMTP)
    outer["From"], outer["Subject"] = "bob@example.com", "Fwd: A document"
    outer.set_content("See below.\n")
    inner = plainly(data, name, chance)
    outer.add_attachment(inner, maintype="application", subtype="octet-stream", filename="m.eml")
    octets = outer.as_bytes()
    return octets.replace(b"application/octet-stream", b"message/rfc822", 1)


def plainly(data: bytes, name: str, _chance: random.Random) -> bytes:
    return data if name.endswith(".eml") else mailed(data, name, "application/octet-stream")


WAYS: tuple[Callable[[bytes, str, random.Random], bytes], ...]
WAYS = (cut_short, damaged, misnamed, mislabelled, recoded, nested)


def variants(batch: int) -> Iterator[tuple[str, bytes]]:
    """Every twentieth of them."""
    files = sorted(f for f in CORPUS.glob("*/*") if f.stat().st_size < LARGEST)
    pairs = list(itertools.product(WAYS, files))
    chosen = random.Random("variants").sample(pairs, COUNT)
    for number, (way, file) in list(enumerate(chosen))[batch::BATCHES]:
        what = f"{way.__name__} {file.parent.name}/{file.name} ({number})"
        yield what, way(file.read_bytes(), file.name, random.Random(number))


def drawn(renderer, mail, out):
    """The pages; a renderer that breaks off is tried thrice, as the service does, which then gives
    up and tells the sender.
    """
    for _ in range(2):
        with contextlib.suppress(render.Interrupted):
            return renderer.render(message.read(mail).parts, LAYOUT, out)
    return renderer.render(message.read(mail).parts, LAYOUT, out)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_variant_of_a_real_document_is_faxed_or_refused_in_a_sentence(renderer, tmp_path, batch):
    for what, mail in variants(batch):
        out = tmp_path / "fax.tif"
        try:
            document, manifest = drawn(renderer, mail, out)
        except (render.Unrenderable, render.Interrupted, errors.Refused) as refusal:
            assert 10 < len(str(refusal)) < 400, what
            continue
        except errors.MailfaxError as trouble:
            pytest.fail(f"{what}: {trouble}")
        assert check.check(out) == [], what
        assert sum(entry.pages for entry in manifest) == len(document.pages), what
