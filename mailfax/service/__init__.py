"""The running program: processes, threads, signals and the clock.

`serve` without a role supervises one process per role and starts a role that died again; with a
role it is that role, in this process, until SIGTERM or SIGINT. SIGHUP reads rules and certificates
again. Each role owns its own connections; they meet in the store and nowhere else.
"""

import logging
import pathlib
import sys
import typing

import structlog

from mailfax import errors
from mailfax.service import supervisor

if typing.TYPE_CHECKING:
    from mailfax import config as configuration


def serve(path: pathlib.Path, role: str | None) -> None:
    """Run one role, or all of them under supervision, until told to stop."""
    if role is None:
        start_log("info")
        supervisor.Supervisor(path).run()
        return
    from mailfax import config as configuration

    config = configuration.load(path)
    start_log(config.log)
    if role == "listener":
        from mailfax.service import listening

        listening.Listening(config).run()
    elif role == "worker":
        from mailfax.service import working

        working.Working(config).run()
    elif role == "web":
        from mailfax.service import answering

        answering.Answering(config).run()
    elif role == "mailbox":
        from mailfax.service import collecting

        collecting.Collecting(config).run()
    elif role == "prepare":
        prepare(config)
        asked = {"listener": config.listens, "web": config.web, "mailbox": config.mailbox}
        roles = (role for role in supervisor.ROLES if asked.get(role, True))
        sys.stdout.write(" ".join(roles))
    else:
        raise errors.Usage(f"{role!r} is no role; there is {' and '.join(supervisor.ROLES)}")


def prepare(config: "configuration.Config") -> None:
    """Rules without a problem and a store that is sound and up to date.

    Raises errors.Invalid, errors.Permanent or errors.Temporary.
    """
    from mailfax.service import rulebook
    from mailfax.store import ledger

    rulebook.load_rules(config)
    ledger.open(config.store).close()


def start_log(level: str) -> None:
    """One JSON object a line on standard error; control characters are escaped by JSON."""
    levels = {"debug": 10, "info": 20, "warning": 30, "error": 40}
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd names every peer
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(levels[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
