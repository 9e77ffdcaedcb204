"""Sites on both engines, and the figures of a run."""

import collections
import contextlib
import functools
import itertools
import json
import os
import pathlib

import pytest
import sqlalchemy as sa

from tests.chaos import site
from tests.store.conftest import postgresql  # noqa: F401 - a fixture

_numbers = itertools.count()


@pytest.fixture(scope="module")
def fresh(request, tmp_path_factory):
    """engine → a site on it that has never run."""
    with contextlib.ExitStack() as open_:

        def make(engine):
            store = "sqlite:mailfax.db"
            if engine == "postgresql":
                store = open_.enter_context(_schema(request.getfixturevalue("postgresql")))
            return open_.enter_context(site.Site(tmp_path_factory.mktemp(engine), store))

        yield make


@pytest.fixture(scope="module")
def sites(fresh):
    """engine → a site on it, the same for all tests of a file: each run finds the others' past."""
    return functools.cache(fresh)


@contextlib.contextmanager
def _schema(server):
    """The URL of an empty schema on this server, which soon ends what stands still in there."""
    name = f"chaos{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    options = f"-csearch_path={name} -cidle_in_transaction_session_timeout=3000"
    url = sa.make_url(server).update_query_dict({"options": options})
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()


@pytest.fixture
def figures(record_property):
    """Takes the figures of one run; they are added up at the end of all."""

    def take(counted):
        record_property("figures", counted)

    return take


def pytest_terminal_summary(terminalreporter):
    """Print the sum of all runs, and write it to the file MAILFAX_CHAOS_FIGURES names."""
    total = collections.Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, counted in report.user_properties:
            if name == "figures":
                total.update(counted)
                total["runs"] += 1
    if not total:
        return
    terminalreporter.section("what was lived through")
    for name, count in total.items():
        terminalreporter.line(f"{count:8} {name}")
    if path := os.environ.get("MAILFAX_CHAOS_FIGURES"):
        pathlib.Path(path).write_text(json.dumps(total, indent=2) + "\n", encoding="utf-8")
