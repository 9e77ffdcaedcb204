"""Bodies are read as PHP reads them."""

import urllib.parse

from hypothesis import given
from hypothesis import strategies as st

from mailfax.sandbox import _form

FORM = "application/x-www-form-urlencoded"


def multipart(*parts):
    body = b"".join(
        b"--XX\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts
    )
    return _form.parse('multipart/form-data; boundary="XX"', body + b"--XX--\r\n")


def test_every_spelling_of_an_array_gives_the_same_array():
    for body in (
        b"a[]=x&a[]=y",
        b"a%5B%5D=x&a%5B%5D=y",
        b"a[0]=x&a[1]=y",
        b"a%5B0%5D=x&a%5B1%5D=y",
    ):
        assert _form.parse(FORM, body).fields == {"a": {"0": "x", "1": "y"}}


def test_an_array_in_multipart_is_the_same_array():
    form = multipart(
        ('Content-Disposition: form-data; name="a[0]"', b"x"),
        ("content-disposition: form-data; name=a[]", b"y"),
    )
    assert form.fields == {"a": {"0": "x", "1": "y"}}


def test_arrays_nest_and_count_up_from_the_largest_index():
    assert _form.urlencoded(b"a[5]=x&a[]=y&a[k][z]=w&a[k][]=v") == {
        "a": {"5": "x", "6": "y", "k": {"z": "w", "0": "v"}}
    }


def test_an_index_too_long_for_a_number_is_a_name():
    assert _form.urlencoded(b"a[" + b"9" * 5000 + b"]=x&a[]=y")["a"]["0"] == "y"


def test_the_last_of_plain_names_wins_and_dots_become_underscores():
    assert _form.urlencoded(b"x.y=1&x_y=2&a[b=3") == {"x_y": "2", "a_b": "3"}


def test_what_is_not_utf_8_survives():
    fields = _form.urlencoded(b"a=%FF%C3%A9")
    assert fields["a"].encode("utf-8", "surrogateescape") == b"\xff\xc3\xa9"


def test_a_file_in_multipart_is_a_file_and_no_field():
    form = multipart(
        (
            (
                'Content-Disposition: form-data; name="file"; filename="a \\"b\\".pdf"\r\n'
                "Content-Type: application/pdf"
            ),
            b"%PDF\r\n--X\x00",
        ),
    )
    assert form.fields == {}
    (upload,) = form.files
    assert (upload.field, upload.name, upload.kind) == ("file", 'a "b".pdf', "application/pdf")
    assert upload.data == b"%PDF\r\n--X\x00"


def test_the_name_of_a_part_is_not_taken_from_its_file_name():
    form = multipart(('Content-Disposition: form-data; filename="name=x"; name="n"', b"d"))
    assert form.files[0].field == "n"


def test_another_type_of_body_has_no_fields():
    assert _form.parse("application/json", b"a=b") == _form.Form()
    assert _form.parse("multipart/form-data", b"--XX") == _form.Form()


def test_inputs_beyond_php_s_limit_are_dropped():
    many = b"&".join(b"a[]=x" for _ in range(_form.MAX_INPUTS + 5))
    assert len(_form.urlencoded(many)["a"]) == _form.MAX_INPUTS


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), st.text()))
def test_what_a_client_encodes_comes_back(fields):
    assert _form.urlencoded(urllib.parse.urlencode(fields).encode()) == fields


@given(st.binary(max_size=300), st.sampled_from([FORM, "multipart/form-data; boundary=a"]))
def test_no_body_makes_the_reader_fail(body, kind):
    _form.parse(kind, body)
