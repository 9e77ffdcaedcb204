"""`mailfax send`: the operator's own way in, past SMTP but not past the rules.

Whoever can read the config and write the ledger may name any sender; the rules judge as if that
sender had logged in.
"""

import email.utils
import pathlib
from concurrent import futures

from mailfax import config as configuration
from mailfax import intake, number
from mailfax.cli import preview
from mailfax.model import Envelope, Peer, Rcpt
from mailfax.service import rulebook, wiring
from mailfax.store import documents, ledger, writer


def send(
    config: configuration.Config,
    files: list[pathlib.Path],
    to: str,
    sender: str | None,
    subject: str,
) -> str:
    """Accept the files as one mail to one number; returns the mail's id."""
    book = rulebook.load_rules(config)
    origin = sender or config.smarthost.postmaster
    address = f"{number.parse(to, book.country)}@{config.domains[0]}"
    mail = preview.compose_mail(tuple(files), sender=origin, subject=subject, to=address)
    mail = b"Message-ID: " + email.utils.make_msgid(domain=config.name).encode() + b"\r\n" + mail
    store = documents.LocalDir(config.documents)
    spool = store.spool()
    spool.write(mail)
    opened = ledger.open(config.store)
    scribe = writer.Writer(opened.mails)
    scribe.start()
    aside = futures.ThreadPoolExecutor(1)
    try:
        way_in = intake.Intake(
            writer=scribe,
            deliveries=opened.deliveries,
            documents=store,
            rules=lambda: book,
            gateway=wiring.gateway(config),
            templates=config.template_folders(),
            max_size=config.listener.max_size,
            aside=aside,
            confirmations=opened.confirmations,
            numbers=opened.numbers,
            prover=wiring.prover(config, opened, lambda: book.country),
            proving=aside,
            now=wiring.now,
        )
        promise = way_in.accept(
            Envelope(
                mail_from=origin,
                rcpt_tos=(Rcpt(address=address),),
                content=spool.finish(),
                peer=Peer(address="local", helo=config.name),
                login=origin,
                received_at=wiring.now(),
            )
        )
        return promise.result()
    finally:
        aside.shutdown()
        scribe.stop()
        opened.close()
