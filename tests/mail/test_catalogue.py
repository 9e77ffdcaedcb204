"""Words that an operator may change: laid over the shipped ones, and checked."""

import pytest

from mailfax import errors
from mailfax.mail import catalogue
from tests.mail import facts

SHIPPED = facts.TEMPLATES[0]


def laid_over(folder, words: str, language: str = "en"):
    (folder / "receipt").mkdir()
    (folder / "receipt" / f"{language}.toml").write_text(words, encoding="utf-8")
    return catalogue.load((folder, SHIPPED), "receipt", language)


def test_the_operators_phrase_wins_and_the_others_stay(tmp_path):
    words = laid_over(tmp_path, '[subject]\ndelivered = "Arrived: {number}"')
    assert words.say("subject.delivered", number="1", cause="") == "Arrived: 1"
    assert words.say("gateway") == "Fax gateway"


def test_a_new_language_says_the_rest_in_english(tmp_path):
    words = laid_over(tmp_path, 'gateway = "Passerelle fax"', "fr")
    assert words.say("gateway") == "Passerelle fax"
    assert words.say("row.pages") == "Pages"


def test_the_operators_english_is_not_laid_over_shipped_german(tmp_path):
    laid_over(tmp_path, 'gateway = "Our fax"')
    german = catalogue.load((tmp_path, SHIPPED), "receipt", "de")
    assert german.say("gateway") == "Fax-Gateway"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("nonsense = 1", "nonsense is not a phrase"),
        ('gateway = "{number}"', "gateway has {number}"),
        ('[subject]\ndelivered = "{number.__class__}"', "plain name"),
        ('[subject]\ndelivered = "{number!r}"', "plain name"),
        ('[subject]\ndelivered = "{0}"', "plain name"),
        ('[subject]\ndelivered = "{"', "subject.delivered"),
        ("[subject", "cannot be read"),
    ],
)
def test_wrong_words_are_refused_with_the_file_and_the_phrase(tmp_path, words, complaint):
    with pytest.raises(errors.Invalid) as caught:
        laid_over(tmp_path, words)
    assert complaint in str(caught.value)
    assert "en.toml" in str(caught.value)


def test_a_folder_without_words_is_refused(tmp_path):
    with pytest.raises(errors.Invalid, match=r"has no en\.toml"):
        catalogue.load((tmp_path,), "receipt", "en")
