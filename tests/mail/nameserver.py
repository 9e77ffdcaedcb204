"""A name server on loopback, UDP and TCP, that answers from a table and writes down who asked."""

import contextlib
import socket
import socketserver
import threading

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENCE, BROKEN = "silence", "broken"
"""In place of records: no answer at all, SERVFAIL."""


class Nameserver:
    """Records by (name, type): texts, SILENCE or BROKEN; what is not there is NXDOMAIN."""

    def __init__(self, records=()):
        self.records = dict(records)
        self.asked = []
        self._udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Datagram)
        self.place = self._udp.server_address
        self._tcp = _Tcp(self.place, _Stream)
        for server in (self._udp, self._tcp):
            server.nameserver, server.daemon_threads = self, True
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            ).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()

    def txt(self, name, *texts):
        self.records[name, "TXT"] = list(texts)

    def answer(self, wire, *, most=None):
        """The answer to one question in wire form; None is silence."""
        question = dns.message.from_wire(wire)
        asked = question.question[0]
        name, kind = asked.name.to_text(True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        found = self.records.get((name, kind))
        reply = dns.message.make_response(question)
        if found == SILENCE:
            return None
        if found == BROKEN:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found is not None:
            texts = [_quoted(one) if kind == "TXT" else one for one in found]
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        octets = reply.to_wire()
        if most and len(octets) > most:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            octets = reply.to_wire()
        return octets


def _quoted(text):
    """A TXT record as strings of at most 255 octets."""
    return " ".join(f'"{text[place : place + 255]}"' for place in range(0, len(text) or 1, 255))


class _Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        octets, reply_to = self.request
        answer = self.server.nameserver.answer(octets, most=512)
        if answer:
            reply_to.sendto(answer, self.client_address)


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


class _Stream(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError, dns.exception.DNSException):
            length = int.from_bytes(self.rfile.read(2), "big")
            answer = self.server.nameserver.answer(self.rfile.read(length))
            if answer:
                self.wfile.write(len(answer).to_bytes(2, "big") + answer)
                self.connection.shutdown(socket.SHUT_WR)
