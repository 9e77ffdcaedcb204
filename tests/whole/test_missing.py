"""Pages that are gone when their turn comes: the fax waits for a person, who is told why."""

from mailfax.demo import stage
from tests.whole import post


def test_a_fax_whose_pages_are_gone_waits_for_a_person_and_the_next_one_goes_out(tmp_path):
    with stage.Stage(tmp_path) as running:
        running.stop()
        running.serve(MAILFAX_FAILPOINTS="claimed-ready=delay:5@1")
        running.send(post.mail("+12025550123"))
        folder = tmp_path / "documents" / "fax"
        [page] = stage.wait_until(lambda: list(folder.rglob("*.tif")), 30, "the pages")
        stage.wait_until(
            lambda: running.command("jobs", "list", "--state", "ready"), 30, "the fax to be ready"
        )
        page.unlink()
        job = post.job(running, "+12025550123")
        assert (job["state"], job["tries"]) == ("held", 0)
        assert "missing" in job["note"]
        running.send(post.mail("+12025550124"))
        assert post.ended(running, "+12025550124")["state"] == "delivered"
