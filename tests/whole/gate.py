"""A whole service whose rules ask for each proof under a number of its own, and its name server."""

import contextlib
import dataclasses
import json
import smtplib
import ssl

import argon2
import trustme

from mailfax.demo import stage
from mailfax.store import ledger
from tests.mail import nameserver, signing

WORDS = {
    "login": '"login"',
    "network": '"network:lan"',
    "header": '"unsafe-header"',
    "spf": '"spf"',
    "dkim": '"dkim"',
    "strict": '"dkim:strict"',
    "named": '"dkim:mailer.example"',
    "dmarc": '"dmarc"',
    "arc": '"arc:list.example"',
    "smime": '"smime"',
    "pgp": '"pgp"',
    "pin": '"pin"',
    "desk": '"pin:frontdesk"',
    "certificate": '"client-cert"',
    "scanner": '"client-cert:scanner.example"',
    "confirmed": '"confirmed"',
    "both": 'ALL["dmarc", "pin"]',
    "once": 'ALL["dmarc", "confirmed"]',
    "several": '["login", "dkim", "pin"]',
}
"""What is asked for → `proof` of its rule."""

NUMBERS = {word: f"+1202555{place:04d}" for place, word in enumerate(WORDS, 101)}
PIN, DESK = "814725", "frontdesk-9"
SENDER, STRANGER, UPSTREAM, LAN = "127.0.0.2", "127.0.0.9", "127.0.0.3", "127.0.0.4"
"""Addresses of clients: the one SPF allows, one that nobody knows, the trusted server, our own."""


def _rule(word, proof):
    key = "proof_all" if proof.startswith("ALL") else "proof"
    return (
        f'[[send]]\nname = "{word}"\nfrom = ["@clinic.example", "@*.clinic.example"]\n'
        f'to = "{NUMBERS[word]}"\n{key} = {proof.removeprefix("ALL")}\n'
    )


RULES = (
    'version = 1\ndefaults = { country = "US", provider = ["main"], receipts = "none" }\n'
    f'[groups.lan]\nnetworks = ["{LAN}/32"]\n'
    + "".join(_rule(word, proof) for word, proof in WORDS.items())
    + '[[send]]\naction = "reject"\n[[receive]]\ndeliver = "reception@clinic.example"\n'
)

CONFIG = """\
[dns]
servers = ["{dns}"]
timeout = 1
[proof]
smime_roots = "roots.pem"
pgp_keys = "keys"
[proof.pins]
"ann@clinic.example" = {{ file = "pin" }}
"carl@clinic.example" = {{ file = "pin" }}
frontdesk = "{desk}"
"""
LISTENER = f"""\
[listener]
client_ca = "clients.pem"
trusted_results = {{ "mx.example.com" = ["{UPSTREAM}/32"] }}
"""


@dataclasses.dataclass
class Gate:
    """A running service, and all that the outside world would need to be let in."""

    stage: stage.Stage
    dns: nameserver.Nameserver
    gpg: signing.Gpg
    clients: trustme.CA
    ledger: ledger.Ledger

    def send(
        self,
        octets,
        word,
        *,
        client=STRANGER,
        mail_from="ann@clinic.example",
        login=None,
        certificate=None,
        tls=False,
        to=None,
    ):
        """The reply that decided: to the first command that was refused, else to the last."""
        with smtplib.SMTP(
            "127.0.0.1", self.stage.port, timeout=60, source_address=(client, 0)
        ) as smtp:
            smtp.ehlo("client.example")
            if login or certificate or tls:
                smtp.starttls(context=self.context(certificate))
                smtp.ehlo("client.example")
            if login:
                smtp.login(*login)
            reply = 0, b""
            for reply in self._dialogue(smtp, octets, mail_from, to or [recipient(word)]):
                if reply[0] >= 400:
                    break
            return reply[0], reply[1].decode()

    @staticmethod
    def _dialogue(smtp, octets, mail_from, to):
        yield smtp.mail(mail_from)
        for one in to:
            yield smtp.rcpt(one)
        yield smtp.data(octets)

    def context(self, certificate, authority=None):
        """To trust the listener, and to show a certificate with these names."""
        context = ssl.create_default_context(cafile=str(self.stage.sandbox.ca))
        if certificate:
            path = self.stage.folder / f"{abs(hash(certificate))}.pem"
            issued = (authority or self.clients).issue_cert(*certificate)
            path.write_bytes(
                issued.private_key_pem.bytes() + b"".join(b.bytes() for b in issued.cert_chain_pems)
            )
            context.load_cert_chain(path)
        return context

    def jobs(self, word=None):
        number = NUMBERS[word].lstrip("+") if word else None
        return self.ledger.faxes.list(number=number, limit=1000)

    def kept(self, word):
        """The newest mail to the number of `word`, as the ledger keeps it."""
        return self.ledger.mails.get(self.jobs(word)[0].message)

    def asked(self, author):
        """Mails that ask this author whether a fax is his."""
        return [
            one
            for one in self.stage.mails()
            if one["To"] == author and "confirm+" in one.as_string()
        ]


def recipient(word):
    return f"{NUMBERS[word]}@{stage.DOMAIN}"


def mail(word, author="ann@clinic.example", **more):
    """A mail to the number under which this proof is asked for."""
    return signing.mail(author, to=recipient(word), **more)


def records(dns):
    """The zone of a clinic that does everything right, and of others that do not."""
    dns.txt("clinic.example", f"v=spf1 ip4:{SENDER} ip4:{UPSTREAM} -all")
    dns.txt("_dmarc.clinic.example", "v=DMARC1; p=reject")
    dns.txt("s._domainkey.clinic.example", signing.record())
    dns.txt("s._domainkey.sub.clinic.example", signing.record())
    dns.txt("s._domainkey.mailer.example", signing.record(name="mailer"))
    dns.txt("s._domainkey.list.example", signing.record(name="seal"))
    dns.txt("s._domainkey.evil.example", signing.record(name="evil"))
    dns.txt("short._domainkey.clinic.example", signing.record(1000, "short"))
    dns.txt("test._domainkey.clinic.example", signing.record(more="t=y; "))
    dns.txt("sha1._domainkey.clinic.example", signing.record(more="h=sha1; "))
    dns.txt("tied._domainkey.clinic.example", signing.record(more="t=s; "))
    dns.txt("gone._domainkey.clinic.example", "v=DKIM1; k=rsa; p=")
    dns.txt("two._domainkey.clinic.example", signing.record(), signing.record(name="b"))
    dns.txt("ed._domainkey.clinic.example", signing.edwards_record())
    dns.txt("sub.clinic.example", "v=spf1 ~all")
    for limit, terms in {"ten": 10, "eleven": 11}.items():
        names = [f"a{place}.clinic.example" for place in range(terms)]
        dns.txt(
            f"{limit}.clinic.example",
            f"v=spf1 {' '.join(f'a:{name}' for name in names)} ip4:{SENDER} -all",
        )
        dns.records |= {(name, "A"): ["192.0.2.1"] for name in names}
    for limit, terms in {"two": 2, "three": 3}.items():
        names = " ".join(f"a:nothing{place}.clinic.example" for place in range(terms))
        dns.txt(f"{limit}.clinic.example", f"v=spf1 {names} ip4:{SENDER} -all")
    dns.txt("loop.clinic.example", "v=spf1 include:loop.clinic.example ip4:127.0.0.2 -all")
    dns.txt("twice.clinic.example", f"v=spf1 ip4:{SENDER} -all", f"v=spf1 ip4:{SENDER} ~all")
    dns.records["lost.clinic.example", "TXT"] = nameserver.BROKEN
    dns.txt("evil.example", f"v=spf1 ip4:{STRANGER} -all")
    dns.txt("_dmarc.evil.example", "v=DMARC1; p=none")
    dns.records["down._domainkey.clinic.example", "TXT"] = nameserver.BROKEN
    dns.records["quiet._domainkey.clinic.example", "TXT"] = nameserver.SILENCE


@contextlib.contextmanager
def opened(folder):
    """The gate, with everything running."""
    clients = trustme.CA()
    with nameserver.Nameserver() as dns, contextlib.ExitStack() as after:
        records(dns)
        gpg = signing.Gpg(folder / "gpg")
        after.callback(gpg.close)
        running = stage.Stage(folder)
        after.callback(running.__exit__)
        running.prepare()
        _write(running, dns, gpg, clients)
        running.serve()
        book = ledger.open(f"sqlite:///{folder}/mailfax.db", check=False)
        after.callback(book.close)
        yield Gate(running, dns, gpg, clients, book)


def _write(running, dns, gpg, clients):
    folder = running.folder
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    (folder / "roots.pem").write_bytes(signing.pem(signing.authority()[0]))
    (folder / "keys").mkdir()
    (folder / "keys" / "ann@clinic.example.asc").write_bytes(gpg.public())
    (folder / "pin").write_text(PIN, encoding="utf-8")
    clients.cert_pem.write_to_path(folder / "clients.pem")
    host, port = dns.place
    text = running.config.read_text(encoding="utf-8").replace("[listener]\n", LISTENER, 1)
    desk = argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash(DESK)
    text += CONFIG.format(dns=f"{host}:{port}", desk=desk)
    running.config.write_text(text, encoding="utf-8")


def requests(running):
    """What the provider was asked to send."""
    return [one for one in running.ask("/requests") if "sendfax" in json.dumps(one)]
