"""What InterFAX's sending service tells of file types and of the account's prepaid cards.

All names and types were recorded from the service itself in February 2012.
"""

import dataclasses

from mailfax.providers import _http
from mailfax.providers.interfax import _reading, _wire
from mailfax.providers.interfax._records import Card, Cards, CardUse, Fax


def get_supported_file_types(client: _wire.Client) -> str:
    """The file types the service takes, as it writes them (GetSupportedFileTypes)."""
    said = client.call(_wire.SENDING, "GetSupportedFileTypes", login=None)
    return str(said.get("GetSupportedFileTypesResult", ""))


def is_supported_file_type(client: _wire.Client, file_type: str) -> bool:
    """Whether the service takes files of this type (IsSupportedFileType)."""
    said = client.call(_wire.SENDING, "IsSupportedFileType", login=None, FileType=file_type)
    flag = _reading.flag(said.get("IsSupportedFileTypeResult"))
    if flag is None:
        raise client.odd(changes=False)
    return flag


def get_list_pp(client: _wire.Client) -> Cards:
    """The account's prepaid cards (GetListPP)."""
    result = client.structure(_wire.SENDING, "GetListPP")
    cards = client.many(Card, result.get("PPCardsDetails"))
    return dataclasses.replace(client.one(Cards, result), cards=cards)


def get_pp_card_details(client: _wire.Client, pp_card_id: int) -> Card:
    """One prepaid card (GetPPCardDetails)."""
    result = client.structure(_wire.SENDING, "GetPPCardDetails", PPCardID=pp_card_id)
    return client.one(Card, result.get("Details"))


def get_pp_card_transactions(
    client: _wire.Client, pp_card_id: int, *, first_result: int = 0, num_of_results: int = 100
) -> CardUse:
    """The faxes that a prepaid card paid for (GetPPCardTransactions)."""
    result = client.structure(
        _wire.SENDING,
        "GetPPCardTransactions",
        PPCardID=pp_card_id,
        FirstResult=first_result,
        NumOfResults=num_of_results,
    )
    return CardUse(
        items=client.many(Fax, result.get("Transactions")),
        total=_reading.whole(result.get("TotalNumOfTransactions")),
        currency=str(result.get("Currency", "")),
        last_balance=_reading.amount(result.get("LastBalance")),
    )


def get_pp_card_transactions_as_byte_array(client: _wire.Client, year: int, month: int) -> bytes:
    """A month's faxes as a file (GetPPCardTransactionsAsByteArray)."""
    result = client.structure(
        _wire.SENDING,
        "GetPPCardTransactionsAsByteArray",
        limit=_http.FILE,
        Year=year,
        Month=month,
    )
    return client.octets(result.get("Transactions"))
