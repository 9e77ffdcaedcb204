"""InterFAX: PHP's own SOAP client, from nothing but the served descriptions."""

import json

SCRIPT = r"""<?php
[$_, $base, $file] = $argv;
$login = ['Username' => 'demo', 'Password' => 'demo'];
function client($base, $name) {
    return new SoapClient("$base/$name.asmx?WSDL", ['cache_wsdl' => WSDL_CACHE_NONE]);
}
$pages = file_get_contents($file);
$sending = client($base, 'dfs');
$sent = $sending->SendfaxEx_2($login + [
    'FaxNumbers' => '+12125550123', 'Contacts' => 'Ann', 'FilesData' => $pages,
    'FileTypes' => 'TIF', 'FileSizes' => (string) strlen($pages),
    'Postpone' => '2000-01-01T00:00:00', 'RetriesToPerform' => 0, 'CSID' => '', 'PageHeader' => '',
    'JobID' => '', 'Subject' => 'ours', 'ReplyAddress' => '', 'PageSize' => 'A4',
    'PageOrientation' => 'Portrait', 'IsHighResolution' => true, 'IsFineRendering' => false,
])->SendfaxEx_2Result;
do {
    usleep(100000);
    $found = $sending->FaxStatusEx($login + [
        'LastTransactionID' => $sent + 1, 'MaxItems' => 5,
        'TotalCount' => 0, 'ListSize' => 0, 'ResultCode' => 0,
    ])->FaxStatusExResult->FaxItemEx;
} while ($found->Status < 0);
$zones = client($base, 'admin')->GetTimeZones($login)->GetTimeZonesResult->TimeZoneElement;
$box = client($base, 'inbound')->GetList($login + ['LType' => 'AllMessages', 'MaxItems' => 5]);
echo json_encode([
    'sent' => $sent, 'subject' => $found->Subject, 'status' => $found->Status,
    'pages' => $found->PagesSent, 'zone' => $zones[0]->Name,
    'box' => $box->GetListResult, 'caller' => $box->objMessageItem->MessageItem->RemoteCSID,
]);
"""


def test_php_s_own_client_sends_follows_and_looks_into_the_box(sandbox, php, tmp_path, tiff):
    page = tmp_path / "page.tif"
    page.write_bytes(tiff())
    did = sandbox.exchange.lines("interfax")[0].did
    sandbox.exchange.ring("interfax", did, "+13035550111", "LAB", tiff())
    said = json.loads(php(SCRIPT, sandbox.urls["interfax"], str(page)))
    assert said.pop("sent") > 0
    assert said == {
        "subject": "ours", "status": 0, "pages": 1, "zone": "Hawaiian Standard Time",
        "box": 0, "caller": "LAB",
    }  # fmt: skip
