"""The variables of a POST, as the service's scripts see them."""

from mailfax.sandbox import _form, _wire


class Post:
    """Variables by name; names are taken in any case, as the manual writes some capitalised."""

    def __init__(self, fields: _form.Fields) -> None:
        self._sent = fields
        self._fields = {name.lower(): value for name, value in fields.items()}

    def text(self, name: str) -> str:
        """A plain variable; empty when missing or an array."""
        value = self._fields.get(name, "")
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Whether an option is switched on; the manual hard codes it to 1."""
        return self.text(name) not in {"", "0"}

    def array(self, name: str) -> dict[str, str]:
        """An array by index; a plain value counts as an array of one."""
        value = self._fields.get(name, {})
        if isinstance(value, str):
            return {"0": value} if value else {}
        return {key: item for key, item in value.items() if isinstance(item, str)}

    def echo(self) -> str:
        """The contents as PHP's print_r writes them (inference); passwords are not hidden."""
        return "Array\n" + _printed(self._sent, "") + "\n"

    def misunderstood(self) -> _wire.Reply:
        """The answer to an operation that is unknown or lacks what it needs."""
        return _wire.text(f"ERR08: Unknown operation specified or bad POST\n{self.echo()}")


def _printed(fields: _form.Fields, indent: str) -> str:
    lines = [f"{indent}(\n"]
    for name, value in fields.items():
        if isinstance(value, str):
            lines.append(f"{indent}    [{name}] => {value}\n")
        else:
            inner = _printed(value, indent + " " * 8)
            lines.append(f"{indent}    [{name}] => Array\n{inner}\n")
    return "".join(lines) + f"{indent})\n"
