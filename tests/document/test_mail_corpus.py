"""Real mails of many clients, and broken ones, as the corpus's manifest says they end."""

import csv

import pytest

from mailfax import errors, intake
from mailfax.document import check, render
from mailfax.mail import message
from tests.document.drawing import CORPUS

LAYOUT = render.Layout(paper="a4", resolution="fine", leave_out=("logos", "trackers"), quotes="cut")


def cases():
    """Names and expectations of the mails; none where the corpus is not there."""
    manifest = CORPUS / "manifest.tsv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["file"], row["expected"]) for row in rows if row["file"].startswith("email/")]


@pytest.mark.parametrize(("name", "expected"), cases())
def test_a_real_mail_is_faxed_whole_or_refused_with_a_sentence(renderer, tmp_path, name, expected):
    data = (CORPUS / name).read_bytes()
    try:
        intake.refuse_loops(message.head(data))
        mail = message.read(data)
        about = render.About(subject=mail.subject)
        document, manifest = renderer.render(mail.parts, LAYOUT, tmp_path / "fax.tif", about)
    except (errors.Refused, errors.Permanent) as error:
        assert expected != "must-render", str(error)
        assert len(str(error)) > 20
    else:
        assert expected != "must-reject-clearly"
        assert check.check(document.path) == []
        assert len(document.pages) == sum(entry.pages for entry in manifest) > 0
        assert all(entry.reason for entry in manifest if entry.outcome == "left out")
