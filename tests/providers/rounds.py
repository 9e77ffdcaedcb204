"""What whole rounds against the service's stand-in share: pages, documents, faults of the line."""

import functools
import io

from PIL import Image

from mailfax.providers import _port
from mailfax.sandbox import _faults
from tests.providers import contract

GONE_BY = 600.0
"""Pretend seconds after which every call has ended that ends at all."""


@functools.cache
def tiff(pages=1):
    """Blank pages, Group 4."""
    return written([Image.new("1", (1728, 1100), 1)] * pages)


def written(images):
    """The images as a Group 4 TIFF."""
    out = io.BytesIO()
    images[0].save(out, "TIFF", compression="group4", save_all=True, append_images=images[1:])
    return out.getvalue()


def document(pages=1):
    """Blank pages as a fax."""
    return _port.Payload(name="fax.tif", data=tiff(pages), pages=pages, resolution="fine")


def submit(account, *numbers, pages=1):
    """Answers by number; each transmission's id is its number."""
    several = [contract.transmission(number, number=number, pages=pages) for number in numbers]
    return account.submit(several, document(pages), contract.nothing_to_note)


def fault(provider, name, on="submit"):
    """A fault of the line that strikes once."""
    return _faults.Fault(provider=provider, name=name, times=1, on=on, seconds=0)
