"""`mailfax config init`: the files of a first afternoon."""

import pathlib

from mailfax import config as configuration
from mailfax import errors

_CONFIG = """\
# How mailfax runs. Who may fax what, where and at whose cost stands in the rules file.
version = 1
domains = ["fax.example.com"]        # mail to number@fax.example.com becomes a fax
store = "sqlite:mailfax.db"          # or postgresql+psycopg://user@host/database
documents = "documents"
rules = "rules/office.toml"

[listener]
listen = ["127.0.0.1:2525"]          # "0.0.0.0:25" for the world
# tls = { cert = "fax.crt", key = "fax.key" }      # STARTTLS; logins need it

[listener.logins]
# "ann@example.com" = "$argon2id$…"  # from: mailfax config hash

[smarthost]                          # where receipts and received faxes are mailed through
host = "mail.example.com"
port = 587
# login = "fax"
# password = { env = "SMARTHOST_PASSWORD" }
postmaster = "postmaster@example.com"

[providers.main]
kind = "KIND"
"""


def write(out: pathlib.Path) -> list[pathlib.Path]:
    """Write config and rules where nothing lies yet; returns what was written."""
    rules = out.parent / "rules" / "office.toml"
    for file in (out, rules):
        if file.exists():
            raise errors.Permanent(f"{file} is there already; nothing was written")
    rules.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(_CONFIG.replace('kind = "KIND"\n', _provider()), encoding="utf-8")
    rules.write_bytes((configuration.shipped("rules") / "office.toml").read_bytes())
    return [out, rules]


def _provider() -> str:
    """The first provider's table, each key with its help."""
    from mailfax import providers

    kind = providers.kinds()[0]
    lines = [f'kind = "{kind}"']
    for key, setting in providers.load(kind).SETTINGS.items():
        value = f'{{ file = "/run/secrets/{kind}" }}' if setting.secret else f'"{setting.default}"'
        hidden = "" if setting.required else "# "
        lines.append(f"{hidden}{key} = {value}  # {setting.help}")
    return "\n".join(lines) + "\n"
