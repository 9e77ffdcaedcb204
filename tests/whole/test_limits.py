"""A provider's published limits are kept, and a queue behind them gets through."""

import datetime
import itertools

from mailfax.demo import stage
from tests.whole import post


def test_an_account_that_wants_time_between_requests_gets_it_and_no_fax_starves(tmp_path):
    with stage.Stage(tmp_path, settings={"interval": "0.3"}, pace=0.1) as running:
        numbers = [f"+1202555{place:04d}" for place in range(201, 206)]
        for number in numbers:
            running.send(post.mail(number))
        assert {post.ended(running, number)["state"] for number in numbers} == {"delivered"}
        sent = [
            datetime.datetime.fromisoformat(one["time"])
            for one in running.ask("/requests")
            if "sendfax" in str(one)
        ]
        gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(sent)]
        assert len(gaps) == len(numbers) - 1
        assert min(gaps) > 0.25
