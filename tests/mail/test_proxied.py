"""The PROXY protocol: who is believed, what is cut, and that nothing behind it is lost."""

import ipaddress
import socket
import struct

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from mailfax.mail import proxied
from tests.mail import rig

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
ELSEWHERE = (ipaddress.ip_network("10.0.0.0/8"),)
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def binary(source, *, command=0x21, family=None, more=b""):
    address = ipaddress.ip_address(source)
    body = address.packed * 2 + struct.pack("!HH", 50_000, 25) + more
    kind = family or (0x11 if address.version == 4 else 0x21)
    return SIGNATURE + struct.pack("!BBH", command, kind, len(body)) + body


LOCAL = SIGNATURE + b"\x20\0\0\0"
TEXT = b"PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\r\n"


@pytest.fixture
def service(tmp_path):
    with rig.serving(tmp_path, proxies=HERE) as running:
        yield running


def greeted(place, announcement, behind=b""):
    """A client behind a proxy that says this first."""
    client = rig.Client.__new__(rig.Client)
    client.socket = socket.create_connection(place, timeout=30)
    client.send(announcement + behind)
    client.file = client.socket.makefile("rb")
    return client


@pytest.mark.parametrize(
    ("announcement", "address"),
    [
        (TEXT, "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 50000 25\r\n", "2001:db8::7"),
        (binary("192.0.2.7"), "192.0.2.7"),
        (binary("2001:db8::7"), "2001:db8::7"),
        (binary("::ffff:192.0.2.7"), "192.0.2.7"),
        (binary("192.0.2.7", more=b"\x04\x01\x00" + b"\0" * 256), "192.0.2.7"),
        (LOCAL, "127.0.0.1"),
    ],
)
def test_the_client_is_whom_the_proxy_names(service, announcement, address):
    behind = f"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\nDATA\r\n".encode()
    with greeted(service.place, announcement, behind + b"x: y\r\n\r\n.\r\n") as client:
        codes = [client.reply("EHLO")[0] for _ in range(6)]
    assert codes == [220, 250, 250, 250, 354, 250]
    (envelope,) = service.envelopes
    assert envelope.peer.address == address
    assert f"{address}])".encode() in envelope.trace


@pytest.mark.parametrize(
    "announcement",
    [
        b"EHLO client.example\r\n", b"PROXY UNKNOWN\r\n", b"PROXY TCP4 192.0.2.7\xff 1 2 3\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 50000 25\r\n", b"PROXY TCP4 192.0.2.7" + b" " * 100,
        b"PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n", b"PROXY TCP4 localhost 192.0.2.1 1 2\r\n",
        b"proxy TCP4 192.0.2.7 192.0.2.1 1 2\r\n", binary("192.0.2.7", family=0x12),
        binary("192.0.2.7", family=0x31), binary("192.0.2.7", command=0x22),
        binary("192.0.2.7", command=0x11), binary("192.0.2.7", family=0x21),
        SIGNATURE + b"\x21\x11\0\0", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\0\0",
    ],
)  # fmt: skip
def test_anything_else_from_a_proxy_is_cut_without_a_word(service, announcement):
    with greeted(service.place, announcement) as client:
        try:
            assert client.file.read() == b""
        except ConnectionResetError:
            pass
    assert service.envelopes == []


def test_a_client_that_is_no_proxy_has_the_word_at_once_and_is_not_believed(tmp_path):
    with rig.serving(tmp_path, proxies=ELSEWHERE) as service:
        with rig.Client(service.place) as client:
            assert client.mail()[0] == 250
        assert service.envelopes[0].peer.address == "127.0.0.1"
        with greeted(service.place, TEXT) as client:
            assert [client.reply()[0] for _ in range(2)] == [220, 500]


def test_clients_behind_a_proxy_are_counted_one_by_one(tmp_path):
    with rig.serving(tmp_path, proxies=HERE, max_connections_per_address=1) as service:
        with (
            greeted(service.place, TEXT) as first,
            greeted(service.place, TEXT) as again,
            greeted(service.place, binary("192.0.2.8")) as other,
        ):
            codes = [client.reply()[0] for client in (first, again, other)]
        assert codes == [220, 421, 220]


def test_a_handshake_in_the_same_packet_as_the_announcement_is_not_lost(tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    context = rig.trusting(authority)
    with rig.serving(
        tmp_path, proxies=HERE, listen=(), implicit_tls=(("127.0.0.1", 0),),
        tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem",
    ) as service:  # fmt: skip
        assert spoken_over_tls(service.place, context, TEXT).startswith(b"220 ")


def spoken_over_tls(place, context, announcement):
    """The first line behind a handshake whose first octets travel with the announcement."""
    import ssl

    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(coming, going, server_hostname="localhost")
    first = announcement
    with socket.create_connection(place, timeout=30) as raw:
        while True:
            try:
                return tls.read()
            except ssl.SSLWantReadError:
                raw.sendall(first + going.read())
                first = b""
                coming.write(raw.recv(65_536))


def test_a_proxy_that_goes_away_before_it_has_spoken_leaves_nothing(service):
    with greeted(service.place, TEXT[:20]) as client:
        rig.until(lambda: service.listener._host.open)
        client.hang_up()
    rig.until(lambda: not service.listener._host.open)


@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda end: SIGNATURE + end))
def test_any_octets_are_an_address_or_none(octets):
    for size in range(len(octets) + 1):
        try:
            if not proxied.missing(octets[:size]):
                found = proxied.origin(octets[:size])
                assert found is None or ipaddress.ip_address(found)
                return
        except ValueError:
            return
