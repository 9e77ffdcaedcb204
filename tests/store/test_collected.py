"""Mails of mailboxes: settled by number under one UIDVALIDITY, and the same mail for a year."""

import dataclasses

from mailfax.store import collected, mails
from tests.store import samples

BOX, OTHER = "fax at imap.example.com:993, INBOX", "lab at imap.example.com:993, INBOX"
LARGEST = 2**32 - 1


def test_what_is_settled_is_known_by_its_number_in_its_mailbox(ledger):
    book = ledger.collected
    book.settle(BOX, 7, LARGEST, "Faxed")
    book.settle(BOX, 7, LARGEST, "Refused")
    book.settle(OTHER, 7, 3, "Refused")
    assert book.settled(BOX, 7, [1, 3, LARGEST]) == {LARGEST: "Faxed"}
    assert book.settled(OTHER, 7, [1, 3]) == {3: "Refused"}


def test_a_new_uidvalidity_makes_every_number_mean_nothing(ledger):
    book = ledger.collected
    book.settle(BOX, 7, 1, "Faxed")
    assert book.settled(BOX, LARGEST, [1]) == {}
    assert book.settled(BOX, 7, [1]) == {}


def test_what_has_left_the_mailbox_is_forgotten(ledger):
    book = ledger.collected
    for uid in (1, 2):
        book.settle(BOX, 7, uid, "Faxed")
    assert book.settled(BOX, 7, [2]) == {2: "Faxed"}
    assert book.settled(BOX, 7, [1, 2]) == {2: "Faxed"}
    assert book.settled(BOX, 7, []) == {}


def test_an_author_is_answered_a_few_times_a_day(ledger, clock):
    may = ledger.collected.may_answer
    assert [may("ann@x.org") for _ in range(collected.DAILY + 1)] == [True] * 5 + [False]
    assert may("bob@x.org")
    clock.forward(86_401)
    assert may("ann@x.org")


def test_a_fetched_mail_is_the_same_for_a_year_a_sent_one_for_three_days(ledger, clock):
    sent, fetched = samples.acceptance(clock), samples.acceptance(clock)
    sent = dataclasses.replace(sent, dedupe="sent")
    fetched = dataclasses.replace(fetched, dedupe="fetched", remembered=mails.FETCHED)
    ledger.mails.accept([sent, fetched])

    def again():
        later = (samples.acceptance(clock), samples.acceptance(clock))
        asked = [
            dataclasses.replace(later[0], dedupe="sent"),
            dataclasses.replace(later[1], dedupe="fetched", remembered=mails.FETCHED),
        ]
        return [one.duplicate for one in ledger.mails.accept(asked)]

    assert again() == [True, True]
    clock.forward(mails.REMEMBERED + 1)
    ledger.mails.sweep()
    assert again() == [False, True]
    clock.forward(mails.FETCHED)
    assert again() == [False, False]
