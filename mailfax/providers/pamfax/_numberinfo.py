"""NumberInfo: fax numbers and their prices (reference client of 2017, numberinfoapi [P])."""

from collections.abc import Callable, Mapping
from typing import Any

from mailfax.providers.pamfax import _answers, _calling, _records


class NumberInfo(_calling.Caller):
    """The processor `NumberInfo`."""

    def get_number_info(self, faxnumber: str) -> _records.NumberInfo:
        """What is known of a number, which is corrected too; at least eight characters."""
        return self._ask(
            "NumberInfo/GetNumberInfo", _answers.one("NumberInfo", _records.NumberInfo),
            faxnumber=faxnumber,
        )  # fmt: skip

    def get_page_price(self, faxnumber: str, *, language_code: str | None = None) -> _records.Price:
        """What a page to a number costs this user, in the user's currency."""
        return self._ask(
            "NumberInfo/GetPagePrice", _answers.one("Price", _records.Price),
            faxnumber=faxnumber, language_code=language_code,
        )  # fmt: skip


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "NumberInfo/GetNumberInfo": NumberInfo.get_number_info,
    "NumberInfo/GetPagePrice": NumberInfo.get_page_price,
}
