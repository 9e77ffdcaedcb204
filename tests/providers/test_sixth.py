"""Three files make a provider: a service nobody has carries a mail, and no other file knows it."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
INVENTED = pathlib.Path(__file__).with_name("invented")
PLAY = """
import pathlib, sys
from mailfax.demo import stage
from tests.whole import post

with stage.Stage(pathlib.Path(sys.argv[1]), accounts={"main": "pigeon"}) as running:
    mail = post.mail("+12025550123")
    running.send(mail)
    fax = post.ended(running, "+12025550123")
    post.receipt(running, mail["Message-ID"])
    running.send(post.mail("+12025559001"))
    job = post.job(running, "+12025559001")
    print(fax["provider"], fax["state"], fax["pages"], job["state"], job["tries"])
"""


def test_a_sixth_provider_is_one_client_and_one_twin(tmp_path):
    house = tmp_path / "house"
    for folder in ("mailfax", "tests", "templates", "rules"):
        ignored = shutil.ignore_patterns("__pycache__", "wire")
        shutil.copytree(ROOT / folder, house / folder, ignore=ignored)
    shutil.copy(INVENTED / "pigeon.py", house / "mailfax/providers/pigeon.py")
    shutil.copy(INVENTED / "twin.py", house / "mailfax/sandbox/pigeon.py")
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(tmp_path)],
        cwd=house, env={**os.environ, "PYTHONPATH": str(house)}, timeout=200,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.split() == ["pigeon", "delivered", "2", "failed", "2"]
