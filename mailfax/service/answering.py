"""The web role."""

import base64
import datetime
import functools
import json

import structlog

from mailfax import config as configuration
from mailfax import errors, onramp, web
from mailfax.providers import _port
from mailfax.service import loops, wiring, working
from mailfax.store import documents, ledger, mails

AGAIN = 60.0  # seconds between two tries of pushes that could not be read
KEPT = datetime.timedelta(hours=23)  # the longest that a provider's link is known to live, nearly

_log = structlog.get_logger("service")


class Answering:
    """The web role: answers what providers push."""

    def __init__(self, config: configuration.Config) -> None:
        assert config.web is not None
        self._ledger = ledger.open(config.store, check=False)
        self._documents = documents.LocalDir(config.documents)
        self._accounts = {
            name: account
            for name, account in working.connect_accounts(config).items()
            if isinstance(account, _port.Pushes)
        }
        settings = web.Settings(listen=config.web.listen, cert=config.web.cert, key=config.web.key)
        self._web = web.Web(settings, frozenset(self._accounts), self._receive)

    def run(self) -> None:
        """Answer until told to stop."""
        threads = loops.Loops()
        loops.on_signals(threads.stopping.set, lambda: None)
        for host, port in self._web.addresses:
            _log.info("answering", host=host, port=port, accounts=sorted(self._accounts))
        threads.add("web", functools.partial(self._serve, threads), loops.LISTEN)
        threads.add("again", self._again, AGAIN)
        threads.run(before_end=self._web.stop)
        self._ledger.close()

    def _serve(self, threads: loops.Loops) -> int:
        self._web.run()
        return int(not threads.stopping.is_set())

    def _receive(self, account: str, push: _port.Push) -> bytes:
        """Take a push in; one that cannot be read just now is kept, and read again later."""
        try:
            pushed = self._accounts[account].receive(push)
        except errors.Temporary as error:
            self._keep(account, push, str(error))
            return b""
        onramp.receive(self._ledger, self._documents, account, pushed)
        return pushed.reply

    # ── pushes that wait ────────────────────────────────────────────────────────────────

    def _keep(self, account: str, push: _port.Push, why: str) -> None:
        key = documents.key("push", mails.new_id(wiring.now()), ".json")
        body = base64.b64encode(push.body).decode("ascii")
        kept = {"account": account, "path": push.path, "headers": dict(push.headers), "body": body}
        self._documents.put(key, json.dumps(kept).encode())
        _log.warning("push kept for later", account=account, key=key, why=why)

    def _again(self) -> int:
        """Read once more what could not be read."""
        for key in list(self._documents.keys("push/")):
            kept = json.loads(self._documents.read(key))
            account = self._accounts.get(kept["account"])
            body = base64.b64decode(kept["body"])
            push = _port.Push(path=kept["path"], headers=kept["headers"], body=body)
            try:
                if account is not None:
                    pushed = account.receive(push)
                    onramp.receive(self._ledger, self._documents, kept["account"], pushed)
                    self._documents.delete(key)
            except errors.MailfaxError as error:
                self._give_up_if_old(key, str(error))
        return 0

    def _give_up_if_old(self, key: str, why: str) -> None:
        """The sweep of the store takes it a little later; the log says what was lost."""
        if wiring.now() - self._documents.written_at(key) > KEPT:
            _log.error("a push was never read: ask the provider for this fax", key=key, why=why)
