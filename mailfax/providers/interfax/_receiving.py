"""InterFAX's inbound service, inbound.asmx: one typed function for each operation.

GetList2 is told on the service's own help page; the other three on the vendor's pages and in
four public clients.
"""

from mailfax.providers.interfax import _codes, _reading, _wire
from mailfax.providers.interfax._records import Message, Messages

CHUNK = 200_000
"""Octets of an image asked for at once; the limit is documented nowhere."""


def get_list(
    client: _wire.Client, list_type: str = "AllMessages", *, max_items: int = 100
) -> tuple[Message, ...]:
    """Received faxes that still have an image, 1 to 100 of them (GetList).

    `list_type`: AllMessages or NewMessages; AccountAllMessages or AccountNewMessages for all
    users of the account, for a primary user.
    """
    said = client.call(
        _wire.RECEIVING, "GetList", LType=list_type, MaxItems=max_items, objMessageItem=None
    )
    client.accept(_wire.RECEIVING, said.get("GetListResult"), changes=False)
    return client.many(Message, said.get("objMessageItem"))


def get_list2(
    client: _wire.Client,
    *,
    transaction_id: int = 0,
    user_id: str | None = None,
    only_new_messages: bool = False,
    receive_verb: str | None = None,
    receive_data: str | None = None,
    max_chunk_size: int = 100,
    from_record_number: int = 0,
) -> Messages:
    """Received faxes, a part of the list at a time (GetList2).

    `receive_verb`: < <= > >= = or BETWEEN; `receive_data`: `yyyy-MM-dd HH:mm:ss`, two of them
    with a comma for BETWEEN. That a transaction of 0 stands for all is inference.
    """
    times = {"Verb": receive_verb, "VerbData": receive_data} if receive_verb else None
    result = client.structure(
        _wire.RECEIVING,
        "GetList2",
        QueryForm={
            "TransactionID": transaction_id,
            "UserID": user_id,
            "OnlyNewMessages": only_new_messages,
            "RecieveTime": times,
        },
        QueryControl={"MaxChunkSize": max_chunk_size, "FromRecordNumber": from_record_number},
    )
    return Messages(
        items=client.many(Message, result.get("MessageItems")),
        total=_reading.whole(result.get("TotalTransactionsNum")),
    )


def get_image_chunk(
    client: _wire.Client,
    message_id: int,
    *,
    mark_as_read: bool = False,
    chunk_size: int = CHUNK,
    start: int = 0,
) -> bytes:
    """Part of a received fax, from octet `start` on (GetImageChunk).

    Raises `Beyond` past the end of the image, `Gone` where there is none.
    """
    said = client.call(
        _wire.RECEIVING,
        "GetImageChunk",
        MessageID=message_id,
        MarkAsRead=mark_as_read,
        ChunkSize=chunk_size,
        From=start,
        Image=None,
    )
    client.accept(_wire.RECEIVING, said.get("GetImageChunkResult"), changes=False)
    return client.octets(said.get("Image"))


def mark_message(client: _wire.Client, message_id: int, *, mark_as_read: bool = True) -> None:
    """Mark a received fax as read, or as not (MarkMessage)."""
    client.number(_wire.RECEIVING, "MarkMessage", MarkAsRead=mark_as_read, MessageID=message_id)


def image(client: _wire.Client, message_id: int, most: int) -> bytes:
    """A received fax, in at most `most` chunks.

    The end is where the service says that there is no more, so that a short chunk ends nothing.
    """
    data = bytearray()
    for _ in range(most):
        try:
            chunk = get_image_chunk(client, message_id, start=len(data))
        except _codes.Beyond:
            return bytes(data)
        if not chunk:
            return bytes(data)
        data += chunk
    raise client.odd(changes=False)
