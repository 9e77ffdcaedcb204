"""What every provider must do, whatever it speaks: subclass `Contract` and fill in its hooks.

A provider's own test says how its service answers; these tests say what mailfax makes of it.
"""

import datetime
import inspect
import socket

import pytest

from mailfax import errors, providers
from mailfax.model import InboundFax, Transmission
from mailfax.number import FaxNumber
from mailfax.providers import _port
from tests.providers import scripted

NOW = datetime.datetime(2026, 11, 20, 10, 0, tzinfo=datetime.UTC)
TIFF = b"II*\x00\x08\x00\x00\x00" + bytes(120)

GARBAGE = {
    "an HTML page": scripted.http(body=b"<html><body>We are moving</body></html>"),
    "an empty answer": scripted.http(),
    "a bad gateway": scripted.http(502, b"<html>Bad Gateway</html>"),
    "octets": scripted.http(body=bytes(range(256))),
    "a redirect": scripted.http(302, headers=["Location: http://127.0.0.1:9/"]),
    "half an answer": scripted.http(body=b"x" * 50)[:-9],
    "no answer": scripted.drop_after_request,
}


def transmission(key="t-1", *, number="13035550123", **more):
    """One handing-over."""
    given = {
        "id": key,
        "job": "j-1",
        "account": "main",
        "number": FaxNumber(number),
        "started_at": NOW,
        "recipient_name": "Ann Example",
        "pages": 1,
    }
    return Transmission(**given | more)


def payload(name="fax.tif", resolution="fine"):
    """One page."""
    return _port.Payload(name=name, data=TIFF, pages=1, resolution=resolution)


def nothing_to_note(key, handle):
    """A note that no one reads."""


def dead_url():
    """Where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


def inbound(reference="1"):
    """A received fax as `inbox` tells it."""
    return InboundFax(
        account="", reference=reference, did="+13035551212", caller="", received_at=NOW
    )


class Contract:
    """Hooks first, then what holds for all."""

    kind = ""
    number = "13035550123"
    """One it can fax to."""
    secret = "s3cret&Canary"
    """What `settings` gives as password."""
    reference = ""
    """The reference in `taken`."""
    handle = None
    """The early handle of a fax that may have been taken, where a submit notes one."""

    def settings(self, url):
        """Settings of a toy account at `url`."""
        raise NotImplementedError

    def login(self):
        """Steps of the server that come before the critical call of a submit."""
        return []

    def entry(self):
        """Steps of the server that come before a look."""
        return self.login()

    def taken(self):
        """The server's answer to the critical call, when it takes the fax."""
        raise NotImplementedError

    @pytest.fixture
    def module(self):
        return providers.load(self.kind)

    @pytest.fixture
    def connect(self, module):
        """connect(url): an account that is closed in the end."""
        accounts = []

        def to(url, **more):
            accounts.append(module.connect(self.settings(url) | more, 0.5))
            return accounts[-1]

        yield to
        for account in accounts:
            account.close()

    def submit(self, account, **more):
        """Submit one transmission and return its answer."""
        given = transmission(number=self.number, **more)
        return account.submit([given], payload(), nothing_to_note)[given.id]

    def test_it_is_found_by_its_name(self):
        assert self.kind in providers.kinds()

    def test_each_setting_is_explained_and_a_secret_has_no_default(self, module):
        assert any(setting.secret for setting in module.SETTINGS.values())
        for setting in module.SETTINGS.values():
            assert setting.help
            assert not (setting.secret and setting.default)

    def test_each_operation_is_typed_and_explained(self, module):
        assert module.OPERATIONS
        for operation in module.OPERATIONS.values():
            signature = inspect.signature(operation)
            assert operation.__doc__
            assert signature.return_annotation is not signature.empty
            _, *parameters = signature.parameters.values()
            assert all(one.annotation is not one.empty for one in parameters)

    def test_capabilities_are_said_before_and_after_connecting(self, module, connect):
        for capabilities in (module.CAPABILITIES, connect(dead_url()).capabilities):
            assert isinstance(capabilities, _port.Capabilities)
            assert capabilities.file_types & {"tif", "pdf"}
            assert capabilities.resolutions <= {"standard", "fine", "superfine"}
            assert capabilities.max_recipients >= 1
            assert capabilities.reference_lookup in {"exact", "near", "none"}

    def test_a_fax_that_is_taken_answers_with_its_reference(self, connect):
        with scripted.Server(*self.login(), self.taken()) as server:
            assert self.submit(connect(server.url)) == self.reference

    def test_every_transmission_is_answered(self, connect):
        with scripted.Server(*self.login(), self.taken()) as server:
            ids = ["t-1", "t-2", "t-3"]
            wanted = [transmission(key, number=self.number) for key in ids]
            answers = connect(server.url).submit(wanted, payload(), nothing_to_note)
        assert set(answers) == set(ids)

    def test_a_service_that_cannot_be_reached_surely_has_nothing(self, connect):
        answer = self.submit(connect(dead_url()))
        assert isinstance(answer, errors.Temporary)

    @pytest.mark.parametrize("name", GARBAGE)
    def test_an_answer_nobody_understands_makes_a_submit_unsure(self, connect, name):
        with scripted.Server(*self.login(), GARBAGE[name]) as server:
            assert isinstance(self.submit(connect(server.url)), errors.Unsure)

    @pytest.mark.parametrize("name", GARBAGE)
    def test_reading_only_ever_fails_for_now_when_the_answer_is_garbage(self, connect, name):
        with scripted.Server(*self.entry(), GARBAGE[name]) as server:
            account = connect(server.url)
            reads = [lambda: account.report([self.reference])]
            if isinstance(account, _port.Inbound):
                reads += [lambda: account.inbox(None), lambda: account.fetch(inbound())]
            for read in reads:
                with pytest.raises(errors.Temporary):
                    read()

    @pytest.mark.parametrize("name", GARBAGE)
    def test_garbage_never_proves_that_a_fax_is_absent(self, connect, name):
        with scripted.Server(*self.entry(), GARBAGE[name]) as server:
            account = connect(server.url)
            try:
                found = account.find(transmission(number=self.number, handle=self.handle))
            except errors.Temporary:
                return
            assert found is _port.Absent.CANNOT_KNOW

    @pytest.mark.parametrize("name", GARBAGE)
    def test_the_password_is_in_no_error(self, connect, name):
        with scripted.Server(*self.login(), GARBAGE[name]) as server:
            account = connect(server.url)
            error = self.submit(account)
            assert self.secret not in f"{error} {error!r} {error.__context__!r}"
            assert self.secret not in repr(account)

    def test_what_it_cannot_do_is_refused_before_anything_is_sent(self, module, connect):
        capabilities = module.CAPABILITIES
        impossible = [(transmission(number=self.number), payload(name="fax.exe"))]
        if capabilities.countries is not None and "CU" not in capabilities.countries:
            impossible.append((transmission(number="5378312345"), payload()))
        if not capabilities.subaddress:
            impossible.append((transmission(number=self.number, subaddress="12"), payload()))
        with scripted.Server(scripted.drop) as server:
            account = connect(server.url)
            for one, pages in impossible:
                answer = account.submit([one], pages, nothing_to_note)[one.id]
                assert isinstance(answer, errors.Permanent)
            assert not server.requests

    def test_a_password_never_goes_over_the_network_in_the_clear(self, module):
        with pytest.raises(errors.Permanent, match="https"):
            module.connect(self.settings("http://fax.example.com"))

    def test_a_service_that_cannot_be_reached_fails_its_check(self, connect):
        with pytest.raises(errors.Temporary):
            connect(dead_url()).check()

    def test_closing_twice_is_no_error(self, connect):
        account = connect(dead_url())
        account.close()
        account.close()
