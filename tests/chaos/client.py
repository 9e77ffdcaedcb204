"""A mail program that keeps its own record of every answer, and does not take silence for one."""

import collections
import contextlib
import dataclasses
import email.message
import email.policy
import email.utils
import itertools
import random
import re
import smtplib
import ssl
import threading
import time
from concurrent import futures

from mailfax.demo import stage

CANARY = "qz7-confidential-diagnosis"
"""Stands in every mail's text and subject; must never stand in a log."""
BAD = "9004"
"""A person answers at a number that ends so: one call, and a failure receipt."""
PAUSE = 0.2
"""Seconds between two tries of the same mail."""

_AREAS = ["202", "212", "303", "312", "415", "503", "617", "650", "702", "713"]
_EXCHANGES = [n for n in range(230, 900) if n % 100 != 11]
_serials = itertools.count(11)


def number():
    """A fictional number that nobody else in this process faxes to, and that answers."""
    serial = next(serial for serial in _serials if not 9000 < serial % 10_000 <= 9010)
    return f"+1{_AREAS[serial // 10_000 % 10]}201{serial % 10_000:04d}"


def bad_number():
    """A number that nobody else in this process faxes to, and that no machine answers."""
    area, exchange = divmod(next(_serials), len(_EXCHANGES))
    return f"+1{_AREAS[area % 10]}{_EXCHANGES[exchange]}{BAD}"


@dataclasses.dataclass(kw_only=True)
class Letter:
    """One mail, and what became of each try to hand it over."""

    numbers: tuple[str, ...]
    octets: bytes
    message_id: str
    login: bool = True
    patient: bool = True
    """Tries again until there is an answer for good; else once only."""
    twice: bool = False
    """Sends it once more after its 250, as one does whose 250 was lost."""
    ids: list[str] = dataclasses.field(default_factory=list)
    """The name given with each 250."""
    refusals: list[int] = dataclasses.field(default_factory=list)
    lost: int = 0
    """Tries whose final dot went out and got no answer."""
    cut: int = 0
    """Tries that ended before the final dot."""

    @property
    def doubtful(self):
        """Nobody knows whether it was taken."""
        return not self.ids and bool(self.lost)


def letter(*, to=None, large=False, login=True, patient=True, twice=False, sender=stage.SENDER):
    """A letter to one fresh number, or to these."""
    numbers = tuple(to or [number()])
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(f"{one}@{stage.DOMAIN}" for one in numbers)
    mail["Subject"] = f"Results {CANARY}"
    mail["Message-ID"] = email.utils.make_msgid(domain="clinic.example")
    mail["Date"] = email.utils.localtime()
    mail.set_content(f"Findings for {', '.join(numbers)}: {CANARY}.\n")
    if large:
        mail.add_attachment(_noise(), maintype="image", subtype="png", filename="scan.png")
    return Letter(
        numbers=numbers, octets=mail.as_bytes(), message_id=mail["Message-ID"],
        login=login, patient=patient, twice=twice,
    )  # fmt: skip


def _noise():
    """A picture of chance, too large for a mail that is kept in memory."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.frombytes("L", (260, 260), random.randbytes(260 * 260)).save(file, "PNG")
    return file.getvalue()


def mixed(count):
    """Letters as they come: most of them small, some large, to many, to nobody, of strangers."""
    return [_nth(n) for n in range(count)]


def _nth(n):
    match n % 10:
        case 2:
            return letter(large=True)
        case 3:
            return letter(to=[number(), number()])
        case 4:
            return letter(to=[bad_number()])
        case 5:
            return letter(twice=True)
        case 6:
            return letter(login=False, sender=stage.FORGER)
        case 7:
            return letter(patient=False)
        case _:
            return letter()


class Client:
    """Hands letters over to the port, several at once, and writes down what it is told."""

    def __init__(self, port, ca):
        self._port = port
        self._trust = ssl.create_default_context(cafile=str(ca))
        self._pool = futures.ThreadPoolExecutor(4, "client")
        self._under_way = []
        self._stopping = threading.Event()
        self.letters = []
        self.tries = 0
        self.trouble = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Stop sending; what is under way is given up."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def post(self, letters, *, rest=0.0):
        """Begin to hand these over; each of the client's threads rests before each of them."""
        self.letters += letters
        self._under_way += [self._pool.submit(self._hand_over, one, rest) for one in letters]

    def finish(self, seconds=200.0):
        """Wait until every letter has its answer; raises what went wrong in here."""
        done, late = futures.wait(self._under_way, timeout=seconds)
        for one in done:
            one.result()
        assert not late, f"{len(late)} letters got no answer for good: {self.trouble}"

    def _hand_over(self, one, rest):
        time.sleep(rest)
        while not self._stopping.is_set():
            self._try(one)
            if _done(one):
                return
            time.sleep(PAUSE)

    def _try(self, one):
        self.tries += 1
        dot = False
        try:
            with contextlib.closing(smtplib.SMTP("127.0.0.1", self._port, timeout=60)) as client:
                code, said = self._to_the_dot(client, one)
                if code == 354:
                    dot = True
                    client.send(_transparent(one.octets))
                    code, said = client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.trouble = repr(error)
            one.lost += dot
            one.cut += not dot
            return
        _note(one, code, said)

    def _to_the_dot(self, client, one):
        """Up to the 354; or the first answer that is a no."""
        client.starttls(context=self._trust)
        if one.login:
            client.login(stage.SENDER, stage.PASSWORD)
        client.ehlo_or_helo_if_needed()
        sender = stage.SENDER if one.login else stage.FORGER
        verbs = [f"MAIL FROM:<{sender}> SIZE={len(one.octets)}"]
        verbs += [f"RCPT TO:<{number}@{stage.DOMAIN}>" for number in one.numbers]
        for verb in verbs:
            code, said = client.docmd(verb)
            if code >= 400:
                return code, said
        return client.docmd("DATA")


def _done(one):
    """Whether there is nothing more to be said about this letter."""
    if one.ids:
        return not one.twice or len(one.ids) > 1
    return not one.patient or any(code >= 500 for code in one.refusals)


def _transparent(octets):
    """With the dots doubled that begin a line, and the final one (RFC 5321 section 4.5.2)."""
    return re.sub(rb"(?m)^\.", b"..", octets) + b".\r\n"


def _note(one, code, said):
    if code == 250:
        one.ids.append(said.decode().rpartition(" ")[2])
    else:
        one.refusals.append(code)


def answers(letters):
    """How often each answer was given."""
    counted = collections.Counter()
    for one in letters:
        counted["250"] += len(one.ids)
        counted["4xx"] += sum(code < 500 for code in one.refusals)
        counted["5xx"] += sum(code >= 500 for code in one.refusals)
        counted["lost after the dot"] += one.lost
        counted["cut before the dot"] += one.cut
    return counted
