"""What comes again and again from a domain: counted by mails, forgotten after half a year."""

from mailfax.store import recurring


def test_what_came_in_several_earlier_mails_is_known(ledger):
    for mail in ("m1", "m2", "m3"):
        assert ledger.recurring.known("a.example", mail) == frozenset()
        ledger.recurring.note("a.example", mail, ["logo", mail])
    assert ledger.recurring.known("a.example", "m4") == {"logo"}
    assert ledger.recurring.known("b.example", "m4") == frozenset()


def test_a_mail_counts_once_however_often_it_is_drawn(ledger):
    history = ledger.recurring.of("a.example", "m1")
    for _ in range(5):
        history.note(["logo", "logo"])
    ledger.recurring.note("a.example", "m2", ["logo"])
    history.note(["logo"])
    assert ledger.recurring.known("a.example", "m3") == frozenset()


def test_a_mail_does_not_count_for_itself(ledger):
    for mail in ("m1", "m2", "m3"):
        ledger.recurring.note("a.example", mail, ["logo"])
    assert ledger.recurring.of("a.example", "m3").recurring() == frozenset()
    assert ledger.recurring.of("a.example", "m4").recurring() == {"logo"}


def test_mails_of_nobody_are_not_remembered(ledger):
    for mail in ("m1", "m2", "m3"):
        ledger.recurring.note("", mail, ["logo"])
    assert ledger.recurring.known("", "m4") == frozenset()


def test_what_does_not_come_again_is_forgotten(ledger, clock):
    for mail in ("m1", "m2", "m3"):
        ledger.recurring.note("a.example", mail, ["logo", "other"])
    clock.forward(recurring.REMEMBERED - 60)
    ledger.recurring.note("a.example", "m4", ["logo"])
    clock.forward(120)
    assert ledger.recurring.sweep() == 1
    assert ledger.recurring.known("a.example", "m5") == {"logo"}
