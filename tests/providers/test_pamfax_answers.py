"""The reader of PamFax's answers: two dresses, one meaning, and nothing that breaks it."""

import dataclasses
import json

import hypothesis
import pytest
from hypothesis import strategies as st
from lxml import etree

from mailfax import errors
from mailfax.providers.pamfax import _answers, _meanings, _records

LOGIN = b"""<?xml version="1.0" encoding="UTF-8"?>
<Session>
<result>
    <code>success</code>
</result>
<User uuid="u1" username="ann" credit="1.25" is_member="0" name="Ann &amp; Example"/>
<UserToken token="ip6d6rdv3t3bsesai2npkkantee1vpm3"/>
<UserRights type="list">
<UserRight name="see_credit" allowed="1"/>
<UserRight name="buy_credit" allowed="1"/>
</UserRights>
</Session>"""

NAME = st.from_regex("[A-Za-z_]{1,8}", fullmatch=True).filter(
    lambda name: (
        name.lower() not in {"type", "result", "content"} and not name.lower().startswith("xml")
    )
)
WORD = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
OBJECT = st.dictionaries(NAME, WORD, min_size=1, max_size=4)
OBJECTS = st.dictionaries(NAME, st.one_of(OBJECT, st.lists(OBJECT, max_size=3)), max_size=4)


def in_json(objects):
    """The answer as JSON."""
    shown = {
        name: {"type": "list", **({"content": one} if one else {})}
        if isinstance(one, list)
        else one
        for name, one in objects.items()
    }
    return json.dumps({"result": {"code": "success"}, **shown}).encode()


def in_xml(objects):
    """The same as XML."""
    root = etree.Element("Processor")
    etree.SubElement(etree.SubElement(root, "result"), "code").text = "success"
    for name, one in objects.items():
        if isinstance(one, list):
            parent = etree.SubElement(root, name, {"type": "list"})
            for item in one:
                etree.SubElement(parent, "Item", item)
        else:
            etree.SubElement(root, name, one)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


@hypothesis.given(OBJECTS)
def test_both_dresses_mean_the_same(objects):
    assert _answers.everything(_answers.read(in_json(objects))) == objects
    assert _answers.everything(_answers.read(in_xml(objects))) == objects


@hypothesis.given(
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(str.encode),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
            lambda inside: st.one_of(
                st.lists(inside), st.dictionaries(st.sampled_from(
                    ["result", "code", "type", "content", "list", "User"]), inside)
            ),
        ).map(lambda value: json.dumps(value).replace('"code"', '"code": "list", "type"').encode()),
    )
)  # fmt: skip
def test_no_octets_break_the_reader(body):
    try:
        answer = _answers.read(body)
    except _answers.Unreadable:
        return
    json.dumps(_answers.everything(answer))
    assert answer.code


def test_the_vendors_own_example_is_read():
    answer = _answers.read(LOGIN)
    login = _records.login(answer)
    assert login.token == "ip6d6rdv3t3bsesai2npkkantee1vpm3"
    assert (login.user.name, login.user.credit, login.currency) == ("Ann & Example", "1.25", "")
    assert _answers.everything(answer)["UserRights"][1] == {"name": "buy_credit", "allowed": "1"}


def test_a_token_is_not_shown():
    assert "ip6d6rdv" not in repr(_records.login(_answers.read(LOGIN)))


def test_an_object_that_comes_twice_counts_once_and_is_filled_up():
    body = (b'{"result":{"code":"success"},"FaxContainerFile":{"file_uuid":"first","name":"a"},'
            b'"FaxContainerFile":{"file_uuid":"second","mime":"image/tiff"}}')  # fmt: skip
    added = _answers.one("FaxContainerFile", _records.AddedFile)(_answers.read(body))
    assert (added.file_uuid, added.name, added.mime) == ("first", "a", "image/tiff")


def test_numbers_flags_and_nothing_are_text():
    body = (b'{"FaxContainer":{"uuid":"u","price":18.360,"pages":102,"currency":true,"cover_id":0,'
            b'"cover_text":null},"result":{"code":"success"}}')  # fmt: skip
    container = _answers.one("FaxContainer", _records.Container)(_answers.read(body))
    assert (container.price, container.pages, container.currency) == ("18.360", "102", "1")
    assert (container.cover_id, container.cover_text) == ("0", "")


def test_a_list_may_say_array_and_have_fields_of_its_own():
    body = b'<C><result><code>success</code></result><L type="array" count="1"><I a="1"/></L></C>'
    assert _answers.everything(_answers.read(body)) == {"L": [{"a": "1"}]}
    body = b'{"result":{"code":"success"},"L":{"type":"list","revision":7,"content":[{"a":1}]}}'
    assert _answers.everything(_answers.read(body)) == {"L": [{"a": "1"}]}


def test_an_error_in_xml_has_its_code():
    body = b"<S><result><code>USER_NOT_FOUND</code><message>no <b>such</b></message></result></S>"
    assert _answers.read(body).code == "user_not_found"


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE S [<!ENTITY a "x">]><S><result><code>success</code></result></S>',
        b'<!DOCTYPE S SYSTEM "http://127.0.0.1:9/x.dtd"><S><result><code>success</code></result></S>',
        b'<!DOCTYPE S [<!ENTITY a SYSTEM "file:///etc/passwd">]><S><result>&a;</result></S>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b'{"a":' * 100_000 + b"}" * 100_000,
        b'{"result":{"code":"success"}}{"result":{"code":"success"}}',
        b'{"result":{"code":"success"},"x":NaN}',
        b'{"result":{"code":["success"]}}', b'{"result":"success"}', b'{"result":{"code":""}}',
        b'{"result":{"type":"list","content":[{"code":"success"}]}}',
        b"<S><code>success</code></S>", b"<S/>", b"{}", b"[]", b"null", b'"success"', b"success",
        b"<html><body><result>success</result></body></html>",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_none(body):
    with pytest.raises(_answers.Unreadable):
        _answers.read(body)


# Codes


def test_every_code_of_the_facts_has_a_meaning():
    facts = """
        1001 INVALID_USER 1004 USER_BLACKLISTED 1005 BAD_PASSWORD 1006 NO_USER_LOGGED_IN
        1012 USER_NOT_FOUND 1018 INVALID_DATETIME 1020 DEPRECATED 1022 SESSION_NOT_FOUND
        1023 SESSION_NOT_EXTENDED 1026 USERNAME_NOT_CONFIRMED 1027 USER_NOT_LOGGED_IN
        2004 INVALID_FAX_NUMBER 2006 UNSUPPORTED_FAX_NUMBER 4001 FILE_NOT_FOUND 4002 NO_FAX
        4003 NO_FILES_IN_FAX 4004 BAD_FILE 4005 INVALID_COVER 4007 NO_RECIPIENTS_IN_FAX
        4008 NOT_ENOUGH_CREDIT 4009 ENOUGH_CREDIT 4010 FAX_NOT_FOUND 4012 INVALID_RECIPIENT
        4013 FAX_REMOVED 4015 GENERATION_FAILED 4016 DUPLICATE_RECIPIENT 4017 RESELLER_LOCKED
        4018 TOO_MANY_NUMBERS 4019 TOO_MANY_FILES 4020 FILENAME_TOO_LONG 4021 FILE_TOO_LARGE
        4022 LNK_FILE 4023 CONVERSION_COMPILEFAX 5001 FAX_NOT_READY 5002 CREATING_PREVIEW
        10001 ACCESS_DENIED 11007 NO_FILE_UPLOADED 14000 MISSING_RIGHT 17000 FILE_WRONG_CHECKSUM
        17001 FILE_WRONG_SIZE 17011 FILE_EXTENSION_NOT_SUPPORTED 17021 FILE_MIME_NOT_SUPPORTED
        20000 TOO_MANY_REQUESTS
        user_not_found no_files_in_fax not_enough_credit fax_not_found not_authenticated
        bad_password user_email_already_exist country_has_no_states not_found 403 404
    """
    codes = [word.lower() for word in facts.split() if not word.isdigit() or len(word) == 3]
    assert all(_meanings.meaning(code) for code in codes)


def test_what_is_no_clear_no_has_none():
    for code in ("500", "unspecified", "success", "ok", "", "quantum_decoherence"):
        assert _meanings.meaning(code) is None


def test_no_code_stands_in_both_tables():
    assert not _meanings.REFUSALS & _meanings.MEANINGS.keys()


@pytest.mark.parametrize(
    ("code", "kind", "cause"),
    [
        ("invalid_fax_number", errors.Permanent, "bad_number"),
        ("unsupported_fax_number", errors.Permanent, "no_route"),
        ("not_enough_credit", errors.Temporary, "no_credit"),
        ("file_extension_not_supported", errors.Permanent, "unsupported_document"),
        ("generation_failed", errors.Permanent, "conversion_failed"),
        ("file_too_large", errors.Permanent, "too_long"),
        ("reseller_locked", errors.Temporary, "login_failed"),
        ("missing_right", errors.Temporary, "login_failed"),
        ("too_many_requests", errors.Temporary, "unknown"),
        ("file_wrong_checksum", errors.Temporary, "unknown"),
        ("fax_not_found", _meanings.Gone, "unknown"),
        ("session_not_found", _meanings.Ended, "unknown"),
        ("duplicate_recipient", errors.Permanent, "unknown"),
    ],
)
def test_a_code_means_what_its_name_says(code, kind, cause):
    meaning = _meanings.meaning(code)
    assert (meaning.kind, meaning.cause) == (kind, cause)


def test_every_shape_can_be_filled_from_text_alone():
    shapes = [one for one in vars(_records).values()
              if isinstance(one, type) and issubclass(one, _answers.Record)
              and one is not _answers.Record]  # fmt: skip
    assert len(shapes) > 10
    for shape in shapes:
        given = {field.name: field.name for field in dataclasses.fields(shape)}
        assert dataclasses.asdict(_answers.shaped(shape, given)) == given
