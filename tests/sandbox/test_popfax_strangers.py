"""Other people's SOAP toolkits work with the Popfax twin, from the description that it serves."""

import hashlib
import json
import pathlib

import pytest
import requests
import zeep
import zeep.transports
import zeep.xsd
from lxml import etree

from tests.sandbox import popfax_line

NUMBER = "+33199005510"
_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_WSDL = pathlib.Path(__file__).parents[2] / "mailfax/wsdl"

# The request that NuSOAP 0.9.5's MIME client (PHP 8.2, PEAR Mail_Mime 1.10) made of the manual's
# steps for a fax: clearAttachments, addAttachment, sendFaxAsynchronous. Recorded 2026-11-20.
NUSOAP_TYPE = 'multipart/related; type="text/xml";  boundary="=_a4191e10a6e162139fb744f47b6611ed"'
NUSOAP_BODY = b"""\
--=_a4191e10a6e162139fb744f47b6611ed
Content-Transfer-Encoding: 8bit
Content-Type: text/xml; charset=UTF-8

<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope SOAP-ENV:encodingStyle="http://schemas.\
xmlsoap.org/soap/encoding/" xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd=\
"http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:SO\
AP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:tns="urn:PopfaxService"><SOAP-ENV:Header\
><ns9:AuthenticationHeader xmlns:ns9="http://schemas.xmlsoap.org/ws/2002/07/secext" SOAP-ENV:must\
Understand="1"><email>demo@example.com</email><password>fe01ce2a7fbac8fafaed7c982a04e229</passwor\
d></ns9:AuthenticationHeader></SOAP-ENV:Header><SOAP-ENV:Body><tns:PopfaxService.sendFaxAsynchron\
ous xmlns:tns="urn:PopfaxService"><fax xsi:type="tns:SendFaxInfo"><numbers xmlns="" xsi:type="SOA\
P-ENC:Array" SOAP-ENC:arrayType="xsd:string[2]"><item xsi:type="xsd:string">+33123456789</item><i\
tem xsi:type="xsd:string">+33123459001</item></numbers><dithering xsi:type="xsd:int">0</dithering\
><coverpage xsi:type="xsd:int">0</coverpage><content xsi:type="xsd:string"></content><desc xsi:ty\
pe="xsd:string"></desc><pages xsi:type="xsd:int">0</pages><app xsi:type="xsd:int">0</app></fax></\
tns:PopfaxService.sendFaxAsynchronous></SOAP-ENV:Body></SOAP-ENV:Envelope>
--=_a4191e10a6e162139fb744f47b6611ed
Content-Transfer-Encoding: base64
Content-ID: <c37b6f318c16500e9941c36e8364e63f>
Content-Type: application/octet-stream;
 name=fax.tif
Content-Disposition: attachment;
 filename=fax.tif;
 size=144

SUkqAB4AAAAmoGUN////////////////////ABABCQAAAQMAAQAAAMAGAAABAQMAAQAAADwAAAAC
AQMAAQAAAAEAAAADAQMAAQAAAAQAAAAGAQMAAQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAADwA
AAAXAQQAAQAAABYAAAAcAQMAAQAAAAEAAAAAAAAA
--=_a4191e10a6e162139fb744f47b6611ed--
"""

# What PHP 8.2's SoapClient made of the manual's header and of an array of structs that hold
# arrays. Recorded 2026-11-20; the ids are put in by the test.
PHP_BODY = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="urn:\
PopfaxService" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w\
3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns2="http://sch\
emas.xmlsoap.org/ws/2002/07/secext" SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encod\
ing/"><SOAP-ENV:Header><ns2:AuthenticationHeader SOAP-ENV:mustUnderstand="1"><email>demo@example.\
com</email><password>fe01ce2a7fbac8fafaed7c982a04e229</password></ns2:AuthenticationHeader></SOAP\
-ENV:Header><SOAP-ENV:Body><ns1:PopfaxService.moveToFolder><objects SOAP-ENC:arrayType="ns1:Objec\
tsID[1]" xsi:type="ns1:ArrayOfObjectsID"><item xsi:type="ns1:ObjectsID"><type xsi:type="xsd:int">\
2</type><ids SOAP-ENC:arrayType="xsd:int[1]" xsi:type="ns1:ArrayOfInteger"><item xsi:type="xsd:in\
t">{fax}</item></ids></item></objects><folderid xsi:type="xsd:int">{folder}</folderid></ns1:Popfa\
xService.moveToFolder></SOAP-ENV:Body></SOAP-ENV:Envelope>
"""

PHP = r"""
<?php
[, $url] = $argv;
$space = 'http://schemas.xmlsoap.org/ws/2002/07/secext';
$who = ['email' => 'demo@example.com', 'password' => md5('demo')];
$inner = new SoapVar($who, SOAP_ENC_OBJECT, null, $space, 'AuthenticationHeader', $space);
$outer = new SoapVar($inner, SOAP_ENC_OBJECT, null, $space, 'Security', $space);
$client = new SoapClient("$url/?service=Popfax&wsdl", ['cache_wsdl' => WSDL_CACHE_NONE]);
$client->__setSoapHeaders([new SoapHeader($space, 'AuthenticationHeader', $outer, true)]);
$ask = fn($name, ...$values) => $client->__soapCall("PopfaxService.$name", $values);
$said['customer'] = $ask('authenticate');
$said['name'] = $ask('getAccountInfo')->firstname;
$said['types'] = $ask('getObjectTypes');
$said['sms'] = $ask('sendSmsAsynchronous',
    ['numbers' => ['+33199005510'], 'unicode' => 0, 'content' => 'Grüße', 'app' => 0]);
$said['fax'] = $ask('sendFaxAsynchronous',
    ['numbers' => ['+33199005510'], 'dithering' => 0, 'coverpage' => 1, 'content' => 'Hi',
     'desc' => '', 'pages' => 0, 'app' => 0]);
$said['review'] = $ask('reviewObjects');
$said['info'] = $ask('asynchronInfoRange', [$said['fax'][1], 5]);
$said['contact'] = $ask('setContactInfo',
    ['groupid' => 0, 'id' => 0, 'name' => 'Ann', 'number' => '+1', 'gsmnumber' => '']);
$said['contacts'] = $ask('getContactInfo', [$said['contact']]);
$said['deleted'] = $ask('deleteObjects', [['type' => 6, 'ids' => [$said['contact']]]]);
$client->__setSoapHeaders(null);
$said['nobody'] = $ask('getAccountInfo');
$said['refused'] = $ask('asynchronInfo', 5);
echo json_encode($said);
"""


@pytest.fixture
def url(sandbox):
    return sandbox.urls["popfax"]


class Transport(zeep.transports.Transport):
    """Direct, and with SOAP's encoding schema from our files, as zeep would fetch it."""

    def __init__(self):
        session = requests.Session()
        session.trust_env = False
        super().__init__(session=session, timeout=20, operation_timeout=20)

    def load(self, url):
        if url == _ENCODING:
            return (_WSDL / "soap-encoding.xsd").read_bytes()
        return super().load(url)


@pytest.fixture
def zeep_client(url):
    transport = Transport()
    yield zeep.Client(f"{url}/?service=Popfax&wsdl=1", transport=transport)
    transport.session.close()


def test_zeep_by_itself_goes_the_whole_way(zeep_client, control, tiff):
    header = etree.Element(f"{{{popfax_line.SECURITY}}}AuthenticationHeader")
    etree.SubElement(header, "email").text = "demo@example.com"
    etree.SubElement(header, "password").text = hashlib.md5(b"demo").hexdigest()

    def ask(name, **arguments):
        return zeep_client.service[f"PopfaxService.{name}"](_soapheaders=[header], **arguments)

    def kind(name):
        return zeep_client.get_type(f"{{urn:PopfaxService}}{name}")

    def array(name, item, values):
        element = zeep.xsd.Element("item", item)
        return kind(name)([zeep.xsd.AnyObject(element, value) for value in values])

    control("POST", "/clock", {"hold": True})
    assert ask("authenticate") > 0
    assert ask("getAccountInfo").firstname == "Demo"
    numbers = array("ArrayOfString", zeep.xsd.String(), [NUMBER, "+33199009001"])
    fax = {"numbers": numbers, "dithering": 0, "coverpage": 1, "content": "é", "desc": "",
           "pages": 0, "app": 0}  # fmt: skip
    done, registration = ask("sendFaxAsynchronous", fax=fax)
    assert done == 0
    control("POST", "/clock", {"advance": 5})
    _, status, thing = ask("asynchronInfo", id=registration)
    assert status == 0
    assert [one.status for one in ask("getRecipients", id=thing, type="FAX")] == [1, 6]
    control("POST", "/inbound?provider=popfax", tiff(2))
    ids = [one.object for one in ask("reviewObjects").objects if one.type == 2]
    faxes = ask("getFAXReceivedInfo", ids=array("ArrayOfInteger", zeep.xsd.Int(), ids))
    assert [one.pagecount for one in faxes] == [2]
    gone = kind("ObjectsID")(type=2, ids=array("ArrayOfInteger", zeep.xsd.Int(), ids))
    assert ask("deleteObjects", objects=array("ArrayOfObjectsID", kind("ObjectsID"), [gone])) == 0


def test_nusoap_s_fax_with_its_attachment_is_taken(url, faxes):
    line = popfax_line.Line(url)
    body = NUSOAP_BODY.replace(b"\n", b"\r\n")
    status, _, answer = line.post(body, NUSOAP_TYPE)
    assert (status, b'arrayType="xsd:int[2]"' in answer) == (200, True)
    assert [(fax["number"], fax["pages"]) for fax in faxes()] == [
        ("+33123456789", 1),
        ("+33123459001", 1),
    ]


def test_php_s_arrays_of_structs_are_understood(url, control, tiff):
    line = popfax_line.Line(url)
    _, ring = control("POST", "/inbound?provider=popfax", tiff())
    folders = line.call("getObjects", data=[{"type": 8}])["folders"]
    place = next(one["id"] for one in folders if one["foldertype"] == 0)
    body = PHP_BODY.format(fax=ring["id"], folder=place).encode()
    assert b'<error xsi:type="xsd:int">0</error>' in line.post(body)[2]
    assert line.call("getOneFAXReceivedInfo", id=ring["id"])["folderid"] == place


def test_php_s_own_client_goes_the_manual_s_way(url, php, faxes):
    said = json.loads(php(PHP.strip(), url))
    assert said["customer"] > 0
    assert said["name"] == "Demo"
    assert {"name": "sent fax", "value": 1} in said["types"]
    assert [answer[0] for answer in (said["sms"], said["fax"])] == [0, 0]
    assert said["review"]["timestamp"] > 0
    assert [one["id"] for one in said["info"]] == [said["fax"][1], 5]
    assert [one["name"] for one in said["contacts"]] == ["Ann"]
    assert (said["deleted"], said["nobody"], said["refused"]) == (0, None, [107])
    assert faxes()[0]["number"] == NUMBER
