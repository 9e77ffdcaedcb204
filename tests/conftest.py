"""What all tests share: `--slow` for the full length of a proof, and no clock in properties."""

import hypothesis
import pytest

hypothesis.settings.register_profile(
    "suite",
    deadline=None,  # a loaded machine is not a wrong answer
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


def pytest_addoption(parser):
    parser.addoption(
        "--slow", action="store_true", help="run the full length of proofs, not only their slice"
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="the full length: run with --slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)
