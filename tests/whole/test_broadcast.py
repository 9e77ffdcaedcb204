"""One mail to many numbers, without covers, is one document: drawn once, handed over at once."""

import pytest

from mailfax import providers
from mailfax.demo import stage
from tests.whole import post

MANY = [f"+1303{place}0123" for place in range(320, 350)]


@pytest.mark.parametrize(
    "kind",
    [one for one in providers.kinds() if providers.load(one).CAPABILITIES.max_recipients >= 30],
)
def test_a_mail_to_thirty_numbers_is_one_request(tmp_path, kind):
    with stage.Stage(tmp_path, accounts={"main": kind}, cover="none") as running:
        running.stop()
        running.serve(MAILFAX_FAILPOINTS="claimed-ready=delay:4@1")
        before = len(running.ask("/faxes"))
        running.send(post.mail(MANY))
        for number in MANY:
            assert post.ended(running, number)["state"] == "delivered"
        carried = running.ask("/faxes")[before:]
        assert len(carried) == len(MANY)
        assert len({fax["sha256"] for fax in carried}) == 1
        submits = [one for one in running.ask("/requests") if is_submit(one)]
        assert len(submits) <= 3, [one["size"] for one in submits]
        assert len(list((tmp_path / "documents" / "fax").rglob("*.tif"))) == 1


def is_submit(entry):
    """Whether the request carried the document."""
    return (entry.get("size") or 0) > 2000 and entry["method"] == "POST"
