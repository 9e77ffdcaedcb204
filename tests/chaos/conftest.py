"""Sites on both engines, and the figures of a run."""

import contextlib
import itertools
import os

import pytest
import sqlalchemy as sa

from tests.chaos import site
from tests.store.conftest import postgresql  # noqa: F401 - a fixture

_numbers = itertools.count()


@pytest.fixture(scope="module")
def sites(request, tmp_path_factory):
    """engine → a site on it, started once for all tests of a file."""
    with contextlib.ExitStack() as open_:
        known = {}

        def get(engine):
            if engine not in known:
                store = "sqlite:mailfax.db"
                if engine == "postgresql":
                    store = open_.enter_context(_schema(request.getfixturevalue("postgresql")))
                place = site.Site(tmp_path_factory.mktemp(engine), store)
                known[engine] = open_.enter_context(place)
            return known[engine]

        yield get


@contextlib.contextmanager
def _schema(server):
    """The URL of an empty schema on this server."""
    name = f"chaos{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    url = sa.make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()
