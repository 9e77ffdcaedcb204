"""`mailfax serve`, `sandbox`, `demo`, `check`, `doctor`, `config`, `version`."""

import pathlib
import signal
import threading
import typing

import typer

from mailfax import errors
from mailfax.cli import output, place

config_app = typer.Typer(help="The config file.")


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the command line."""
    for command in (demo, serve, sandbox, check, doctor, version):
        app.command()(command)
    app.add_typer(config_app, name="config")


def demo(
    stay: typing.Annotated[bool, typer.Option("--stay", help="Keep running afterwards.")] = False,
    provider: typing.Annotated[
        str | None,
        typer.Option(help="Which provider's stand-in carries the faxes; all: each of them."),
    ] = None,
    out: typing.Annotated[
        pathlib.Path, typer.Option(help="Where pages and mails are left.")
    ] = pathlib.Path("demo-output"),
) -> None:
    """Show it all on your own machine."""
    from mailfax import demo as show

    show.run(out, provider=provider, stay=stay)


def serve(
    role: typing.Annotated[
        str | None,
        typer.Option(help="listener, worker, web or mailbox; all the config asks for if absent."),
    ] = None,
    config: place.Config = None,
) -> None:
    """Run the service.

    SIGTERM ends it in order, SIGHUP reads rules and certificates again.
    """
    from mailfax import config as configuration
    from mailfax import service

    service.serve(configuration.find(config), role)


def sandbox(
    base_port: typing.Annotated[int, typer.Option(help="First of the ports; 0: any.")] = 8400,
    tls: typing.Annotated[bool, typer.Option("--tls", help="HTTPS and STARTTLS.")] = False,
) -> None:
    """Serve stand-ins for the fax services.

    They listen on real sockets of this machine until stopped; what the last four digits
    dialled decide stands in the documentation.
    """
    from mailfax import sandbox as playground

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        with playground.Sandbox(base_port=base_port, tls=tls) as running:
            for line in running.lines():
                print(line, flush=True)
            stop.wait()
    except playground.CannotStart as error:
        raise errors.Permanent(str(error)) from None


def check(config: place.Config = None, json: place.Json = False) -> None:
    """Check config, rules and templates.

    Everything that is wrong is said at once, with file and line.
    """
    from mailfax import config as configuration
    from mailfax.cli import preview
    from mailfax.document import cover
    from mailfax.policy import rules
    from mailfax.service import rulebook

    loaded = configuration.load(configuration.find(config))
    book = rulebook.load_rules(loaded)
    folders = loaded.template_folders()
    for name in cover.names(folders):
        cover.load(name, folders)
    preview.draw_covers(loaded, book)
    findings = [*book.warnings, *rules.run_tests(book)]
    failed = bool(rules.run_tests(book))
    if json:
        output.as_json({"problems": findings, "hash": book.hash})
    else:
        for finding in findings:
            print(finding)
        print(f"{loaded.rules}: {len(book.send)} send and {len(book.receive)} receive rules")
    if failed:
        raise errors.Permanent("a test in the rules file fails")


def doctor(
    config: place.Config = None,
    health: typing.Annotated[
        bool, typer.Option("--health", help="Only: does the service answer now?")
    ] = False,
    json: place.Json = False,
) -> None:
    """Look for what is wrong here.

    Looks at rules, store, disk, jail, listener, smarthost and the providers' logins.
    """
    from mailfax.cli import examine

    loaded = place.config(config)
    findings = list(examine.health(loaded) if health else examine.everything(loaded))
    if json:
        output.as_json(findings)
    else:
        output.table(
            ("", "what", "remark"),
            [("ok" if one.good else one.mark, one.what, one.remark) for one in findings],
        )
    if any(not one.good and one.mark == "FAIL" for one in findings):
        raise errors.Permanent("not everything is well")


@config_app.command("hash")
def config_hash() -> None:
    """Ask for a password and print its hash for [listener.logins]."""
    import argon2

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    print(argon2.PasswordHasher().hash(password))


@config_app.command("init")
def config_init(
    out: typing.Annotated[pathlib.Path, typer.Argument(metavar="FILE")] = pathlib.Path(
        "mailfax.toml"
    ),
) -> None:
    """Write a config to start from, and rules/office.toml beside it."""
    from mailfax.cli import starting

    for file in starting.write(out):
        print(f"wrote {file}")


def version(json: place.Json = False) -> None:
    """Show the versions."""
    import importlib.metadata

    parts = ("mailfax", "phonenumberslite", "pypdfium2", "pillow", "weasyprint", "reportlab")
    found = {part: importlib.metadata.version(part) for part in parts}
    if json:
        output.as_json(found)
        return
    for part, number in found.items():
        print(part, number)
