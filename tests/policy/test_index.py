"""Thousands of rules are judged by those that can hold, and come to what all of them would."""

import functools

from hypothesis import given, settings
from hypothesis import strategies as st

from mailfax import errors
from mailfax.policy import decide
from tests.policy import samples

ADDRESSES = ("ann@example.com", "bob@example.com", "ann@a.example.com", "ann@b.example", "")
SENDERS = (
    *("ann@example.com", "@example.com", "@*.example.com", "@b.example", "*", "re:[ab]..@.*"),
    *("group:staff", "group:mixed"),
)
NUMBERS = ("+12025550123", "+12025550124", "+13035550123", "+442079460018")
WANTED = ("+12025550123", "+1202*", "+1*", "+44*", "*", "re:.*3", "group:labs")
PROOFS = ("login", "network:lan", "unsafe-header")
GROUPS = """
[groups.staff]
senders = ["ann@example.com", "@b.example"]
[groups.mixed]
senders = ["bob@example.com", "re:ann@.*"]
[groups.labs]
numbers = ["+12025550124", "+13*"]
[groups.lan]
networks = ["192.0.2.0/24"]
"""

condition = functools.partial(st.lists, min_size=1, max_size=2, unique=True)


@st.composite
def rule(draw):
    lines = {}
    for key, values in (("from", SENDERS), ("to", WANTED)):
        for name in (key, f"not_{key}"):
            if draw(st.integers(0, 2)) < (1 if name != key else 2):
                lines[name] = draw(condition(st.sampled_from(values)))
    action = draw(st.sampled_from(["accept", "reject", "hold", "discard"]))
    if action in {"accept", "hold"} or draw(st.booleans()):
        lines[draw(st.sampled_from(["proof", "proof_all"]))] = draw(
            condition(st.sampled_from(PROOFS))
        )
    lines["action"] = action
    if action == "reject":
        lines["code"] = draw(st.sampled_from([450, 550]))
    return "\n".join(f"{key} = {value!r}" for key, value in lines.items())


unknown = st.sampled_from([decide.UNKNOWN, decide.TEMPORARY])
facts = st.builds(
    samples.facts,
    st.sampled_from(ADDRESSES) | unknown,
    envelope=st.sampled_from(ADDRESSES),
    login=st.none() | st.sampled_from(ADDRESSES[:3]),
    networks=st.sampled_from([(), ("lan",)]),
    to=st.sampled_from(NUMBERS),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(rule(), min_size=1, max_size=12), st.lists(facts, min_size=1, max_size=8))
def test_what_is_found_by_index_is_what_all_rules_together_say(bodies, mails):
    head = samples.HEAD.replace('country = "US"', 'countries = ["*"]')
    book = samples.sending(*bodies, head=head, more=GROUPS)
    for mail in mails:
        whole = decide.trace(book, mail, samples.NOW)
        try:
            assert decide.decide(book, mail, samples.NOW) == whole.decision
        except errors.Temporary:
            assert whole.decision is None
            assert any(one.verdict.value == "unknown" for one in whole.tried)


def test_of_a_thousand_rules_few_are_asked():
    bodies = [f'from = "user{n}@example.com"\nproof = "login"' for n in range(1000)]
    book = samples.sending(*bodies)
    mail = samples.facts("user711@example.com", login="user711@example.com")
    assert decide.decide(book, mail, samples.NOW).rule == "send 712"
    assert len(decide._trace(book, mail, samples.NOW, decide._candidates(book, mail)).tried) == 1
