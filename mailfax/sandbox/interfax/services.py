"""The three .asmx services and all their operations."""

from mailfax.sandbox.interfax import (
    activity,
    administration,
    inbox,
    prepaid,
    query,
    reception,
    sending,
    tracking,
    transmission,
    uploads,
)
from mailfax.sandbox.interfax.page import Operation, Page

DFS = Page(
    path="/dfs.asmx",
    namespace="http://www.interfax.cc",
    wsdl="interfax-dfs.wsdl",
    operations={
        "GetListPP": Operation(prepaid.get_list_pp, "ListPPResult", prepaid.list_failed),
        "GetPPCardDetails": Operation(
            prepaid.get_card_details, "PPCardResult", prepaid.details_failed
        ),
        "GetPPCardTransactions": Operation(
            prepaid.get_card_transactions, "PPCardTransactions", prepaid.transactions_failed
        ),
        "GetPPCardTransactionsAsByteArray": Operation(
            prepaid.get_transactions_as_bytes, "PPCardTrasnactionsByteArray", prepaid.bytes_failed
        ),
        "FaxStatusEx": Operation(tracking.fax_status_ex, failed=tracking.status_failed),
        "FaxQuery2": Operation(query.fax_query2, failed=query.failed),
        "FaxQuery": Operation(tracking.fax_query, failed=tracking.query_failed),
        "FaxStatus": Operation(tracking.fax_status, failed=tracking.status_failed),
        "FaxStatusXML": Operation(tracking.fax_status_xml, failed=tracking.status_failed),
        "SendCharFax": Operation(sending.send_char_fax, "long", submits=True),
        "Sendfax": Operation(sending.sendfax, "long", submits=True),
        "CancelFax": Operation(sending.cancel_fax, "int"),
        "CancelBatch": Operation(sending.cancel_batch, "int"),
        "SendfaxEx": Operation(sending.sendfax_ex, "long", submits=True),
        "SendfaxEx_2": Operation(sending.sendfax_ex, "long", submits=True),
        "ResendBroadcastFax": Operation(sending.resend_broadcast, "long", submits=True),
        "ReSendFax": Operation(sending.resend_fax, "long", submits=True),
        "GetFaxImage": Operation(tracking.get_fax_image),
        "HideFax": Operation(sending.hide_fax, "int"),
        "HideBatch": Operation(sending.hide_batch, "int"),
        "SendWordMailMerge": Operation(sending.send_word_mail_merge, "long", submits=True),
        "GetSupportedFileTypes": Operation(tracking.get_supported_file_types, "string"),
        "IsSupportedFileType": Operation(tracking.is_supported_file_type, "boolean"),
        "StartFileUpload": Operation(uploads.start),
        "UploadFileChunk": Operation(uploads.chunk, "int"),
        "CancelFileUpload": Operation(uploads.cancel, "int"),
    },
)
"""Sending. The names of the plain HTTP answers that are structures are inference."""

INBOUND = Page(
    path="/inbound.asmx",
    namespace="http://www.interfax.net",
    wsdl="interfax-inbound.wsdl",
    operations={
        "GetList": Operation(inbox.get_list),
        "GetList2": Operation(inbox.get_list2, failed=inbox.list2_failed),
        "GetImageChunk": Operation(inbox.get_image_chunk),
        "MarkMessage": Operation(inbox.mark_message),
    },
)

ADMIN = Page(
    path="/admin.asmx",
    namespace="http://interfax.net/Admin",
    wsdl="interfax-admin.wsdl",
    operations={
        "GetAccountPPCardsBalance": Operation(
            administration.get_balance, failed=administration.balance_failed
        ),
        "OpenUser": Operation(administration.open_user),
        "CloseUser": Operation(administration.close_user),
        "SetUserProperties": Operation(administration.set_user_properties),
        "GetUserProperties": Operation(administration.get_user_properties),
        "GetInboundNodes": Operation(reception.get_inbound_nodes),
        "AddRxService": Operation(reception.add_service),
        "RemoveRxService": Operation(reception.remove_service),
        "SetRxServiceProperties": Operation(reception.set_properties),
        "GetRxServiceProperties": Operation(reception.get_properties),
        "AddRxEmailProperties": Operation(reception.add_email),
        "SetRxEmailProperties": Operation(reception.set_email),
        "GetRxEmailProperties": Operation(reception.get_emails),
        "RemoveRxEmail": Operation(reception.remove_email),
        "AddTxService": Operation(transmission.add_service),
        "RemoveTxService": Operation(transmission.remove_service),
        "SetUserTxProperties": Operation(transmission.set_properties),
        "GetUserTxProperties": Operation(transmission.get_properties),
        "GetTimeZones": Operation(administration.get_time_zones),
        "GetTimeZonesXML": Operation(administration.get_time_zones_xml),
        "GetOutboundActivity": Operation(activity.outbound, failed=activity.failed),
        "GetInboundActivity": Operation(activity.inbound, failed=activity.failed),
    },
)
"""The wire forms of all but OpenUser are inference, by the rules of the other two."""

ALL = (DFS, INBOUND, ADMIN)
