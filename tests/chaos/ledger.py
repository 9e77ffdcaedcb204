"""The independent ledger: what the client was told against what the world outside saw.

It believes the client's own record, the pretend telephone network, the mailbox and the commands
of the product; it never looks into the product's database. `violations` gives one sentence for each
broken invariant, named as in the list below.

    I1 every 250 is exactly one job per recipient      I2 no job without a 250 or a lost answer
    I3 every job has ended or visibly waits            I4 at most one call per job
    I5 exactly one receipt per ended job               I6 no call for a refused mail
    I7 a received fax is one mail, then deleted        I8 nothing left over, nothing confidential
"""

import collections
import dataclasses
import email
import email.policy
import hashlib
import re
import time

from mailfax import providers
from mailfax.demo import stage
from tests.chaos import client

ENDED = frozenset(["delivered", "relayed", "failed", "cancelled", "expired"])
SET_ASIDE = "set aside"
"""How the note of a job begins over which three workers died."""
TOLD = frozenset(["delivered", "relayed", "failed"])
"""Actions of a receipt that speaks of an end; a held fax is `delayed`."""


@dataclasses.dataclass(kw_only=True)
class World:
    """What can be seen from outside, at one moment."""

    faxes: dict[str, list]
    """By number, what the telephone network was asked to carry."""
    receipts: dict[str, dict[str, str]]
    """By number: Message-ID → action."""
    forwards: dict[str, set[str]]
    """By caller: Message-IDs of the mails that carry the fax."""
    gone: set[str]
    """Callers whose fax was deleted at the provider, seen before the mails were."""
    mails: int
    twins: int
    """Mails that came again under their Message-ID."""
    changed: list[str]
    """Message-IDs that came with two different texts."""


def look(running):
    """The world now; the provider's box is looked at before the mailbox."""
    received = running.sandbox.exchange.received(running.accounts["main"])
    gone = {fax.caller for fax in received if fax.discarded}
    texts = collections.defaultdict(list)
    for one in running.sandbox.mailbox.mails():
        mail = email.message_from_bytes(one.data, policy=email.policy.default)
        texts[str(mail["Message-ID"])].append((one.data, mail))
    receipts, forwards = collections.defaultdict(dict), collections.defaultdict(set)
    for message_id, copies in texts.items():
        mail = copies[0][1]
        for number, action in _recipients(mail):
            receipts[number][message_id] = action
        if caller := re.search(r"FAX=(\+[0-9]+)@", str(mail["From"])):
            forwards[caller[1]].add(message_id)
    faxes = collections.defaultdict(list)
    for fax in running.faxes():
        faxes[fax["number"]].append(fax)
    mails = sum(map(len, texts.values()))
    changed = [key for key, copies in texts.items() if len({data for data, _ in copies}) > 1]
    return World(
        faxes=faxes, receipts=receipts, forwards=forwards, gone=gone,
        mails=mails, twins=mails - len(texts), changed=changed,
    )  # fmt: skip


def _recipients(mail):
    """Number and action of each block of a delivery report."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload()[1:]:
                yield (
                    block["Final-Recipient"].partition(";")[2].strip().partition("@")[0],
                    block["Action"],
                )


class Ledger:
    """One run: what was sent and rung, and the kills it had to live through."""

    def __init__(self, site, client_):
        self.site = site
        self.client = client_
        self.rang = []
        """Callers, one fax each."""
        self.released = set()
        """Ids of jobs that were held, told of, and let go by a person."""
        self.kills = collections.Counter()

    def ring(self, count=1):
        """Let faxes come in."""
        for _ in range(count):
            caller = client.number()
            self.site.ring(caller)
            self.rang.append(caller)

    # ── waiting ─────────────────────────────────────────────────────────────────────────

    def quiet(self, seconds=200.0):
        """Wait until all that was promised has come; the jobs and the world as they are then."""
        until = time.monotonic() + seconds
        while missing := self._promised():
            assert time.monotonic() < until, f"I3: after {seconds:.0f} s no news of {missing}"
            time.sleep(0.3)
        while missing := [*self._open(jobs := self._jobs()), *self._at_hand()]:
            assert time.monotonic() < until, f"I3: after {seconds:.0f} s still open: {missing}"
            time.sleep(0.5)
        return jobs, self._look()

    def _promised(self):
        """Recipients who were accepted and have no receipt, received faxes that are not mailed."""
        world = self._look()
        accepted = (number for one in self.client.letters if one.ids for number in one.numbers)
        missing = [number for number in accepted if not world.receipts[number]]
        return missing + [caller for caller in self.rang if caller not in world.gone]

    def _open(self, jobs):
        """Jobs that are on their way, or that nobody was told of, those of doubtful mails too."""
        told = self._look().receipts
        return [
            f"{job['id']} {job['state']} {job['note']}"
            for job in jobs
            if not any(_fits(job, action) for action in told[number_of(job)].values())
        ]

    def _at_hand(self):
        """Received faxes that the service has not done with."""
        if not self.rang:
            return []
        inbox = self.site.running.command("inbox", "list", "--limit", str(2 * len(self.rang) + 50))
        mine = [fax for fax in inbox if fax["fax"]["caller"] in self.rang]
        return [f"{fax['id']} {fax['state']}" for fax in mine if fax["state"] != "acknowledged"]

    def _jobs(self):
        known = {number for one in self.client.letters for number in one.numbers}
        if not known:
            return []
        jobs = self.site.running.command("jobs", "list", "--limit", str(2 * len(known) + 50))
        return [job for job in jobs if number_of(job) in known]

    def _look(self):
        world = look(self.site.running)
        for caller in world.gone:
            assert world.forwards[caller], f"I7: the fax of {caller} was deleted before its mail"
        return world

    def _release(self, jobs):
        """As a person does: let go what was set aside before it was ever sent; what it was."""
        held = [job["id"] for job in jobs if job["state"] == "held" and not job["tries"]]
        for job in held:
            self.site.running.tell("release", job)
        self.released.update(held)
        return held

    # ── the invariants ──────────────────────────────────────────────────────────────────

    def settle(self):
        """Wait until all is quiet and hold every invariant against it; the figures of the run.

        Then what was set aside is released, and all is held against it once more.
        """
        self.client.finish()
        jobs, world = self._settled()
        if self._release(jobs):
            jobs, world = self._settled()
        return self._figures(jobs, world)

    def _settled(self):
        jobs, world = self.quiet()
        broken = list(self.violations(jobs, world))
        assert not broken, "\n".join(broken)
        return jobs, world

    def violations(self, jobs, world):
        """One sentence for each broken invariant."""
        of = collections.defaultdict(list)
        for job in jobs:
            of[number_of(job)].append(job)
        for one in self.client.letters:
            for number in one.numbers:
                yield from self._accepted(one, number, of[number])
                yield from self._called(number, of[number], world.faxes[number])
                yield from self._receipts(number, of[number], world.receipts[number])
        yield from self._received(world)
        yield from self._strangers(world)
        yield from self._world(world)
        for finding in self.site.running.command("verify")["findings"]:
            yield f"verify: {finding}"

    def _accepted(self, one, number, jobs):
        if one.ids and len(jobs) != 1:
            yield f"I1: {number} was accepted as {one.ids} and has {len(jobs)} jobs"
        if len(set(one.ids)) > 1:
            yield f"I1: one mail to {number} was accepted under two names: {one.ids}"
        if one.ids and any(job["message"] != one.ids[0] for job in jobs):
            yield f"I1: {number} was accepted as {one.ids}, its job is of another mail"
        if len(jobs) > 1 or (jobs and not one.ids and not one.doubtful):
            yield f"I2: {number} has {len(jobs)} jobs; answers were {one.ids} {one.refusals}"

    def _called(self, number, jobs, faxes):
        if faxes and not jobs:
            yield f"I6: {number} was called and has no job"
        for job in jobs:
            if job["state"] not in {*ENDED, "held"}:
                yield f"I3: job {job['id']} is {job['state']}"
            states = [fax["state"] for fax in faxes]
            if job["state"] == "held" and not self._may_be_held(job):
                yield f"I3: job {job['id']} is held: {job['note']}"
            if len(states) > 1:
                yield f"I4: {number} was called {len(states)} times: {job['state']}, {job['note']}"
            if job["state"] == "delivered" and states != ["delivered"]:
                yield f"I4: job {job['id']} is delivered, the network says {states}"
            if job["state"] == "failed" and set(states) != {"failed"}:
                yield f"I4: job {job['id']} has failed, the network says {states}: {job['note']}"
            pages = self.site.document(job["document"])
            for fax in faxes:
                if fax["sha256"] != hashlib.sha256(pages).hexdigest():
                    yield f"I4: {number} was sent other pages than its own"

    def _may_be_held(self, job):
        """A provider that can be asked what it has leaves no doubt."""
        asked = (
            providers.load(self.site.running.accounts["main"]).CAPABILITIES.reference_lookup
            != "none"
        )
        return job["note"].startswith(SET_ASIDE) or not asked

    def _receipts(self, number, jobs, receipts):
        ends = [action for action in receipts.values() if action in TOLD]
        waits = [action for action in receipts.values() if action not in TOLD]
        for job in jobs:
            wanted = (1, int(job["id"] in self.released)) if job["state"] in ENDED else (0, 1)
            if (len(ends), len(waits)) != wanted:
                yield f"I5: job {job['id']} is {job['state']}, its receipts are {receipts}"
            if ends and ends[0] != job["state"]:
                yield f"I5: job {job['id']} is {job['state']}, its sender was told {ends}"
        if receipts and not jobs:
            yield f"I5: {number} has receipts and no job"

    def _received(self, world):
        for caller in self.rang:
            if len(world.forwards[caller]) != 1:
                yield f"I7: the fax of {caller} is {len(world.forwards[caller])} mails"
            if caller not in world.gone:
                yield f"I7: the fax of {caller} is still at the provider"

    def _strangers(self, world):
        known = {number for one in self.client.letters for number in one.numbers}
        for number in set(world.faxes) - known:
            yield f"I6: {number} was called, which nobody asked for"
        wire = str(self.site.running.sandbox.log.entries())
        for one in self.client.letters:
            if not one.ids and not one.lost and any(n[2:] in wire for n in one.numbers):
                yield f"I6: the provider was told of {one.numbers}, refused with {one.refusals}"

    def _world(self, world):
        if world.changed:
            yield f"I5: twins differ: {world.changed}"
        if world.twins > self.kills.total():
            yield f"I5: {world.twins} mails came twice after {self.kills.total()} kills"
        log = self.site.log()
        for secret in (client.CANARY, stage.PASSWORD, "password="):
            if secret in log:
                yield f"I8: the log says {secret!r}"
        for line in log.splitlines():
            if '"level": "error"' in line and '"event": "role ended"' not in line:
                yield f"the log: {line}"

    # ── figures ─────────────────────────────────────────────────────────────────────────

    def _figures(self, jobs, world):
        """What this run went through, as numbers that can be added up."""
        letters = self.client.letters
        return {
            "mails": len(letters),
            "recipients": sum(len(one.numbers) for one in letters),
            "tries": self.client.tries,
            **client.answers(letters),
            **{f"killed: {what}": count for what, count in self.kills.items()},
            "jobs": len(jobs),
            "jobs left to a person": sum(job["state"] == "held" for job in jobs),
            "jobs set aside and released": len(self.released),
            "faxes at the provider": sum(map(len, world.faxes.values())),
            "receipts": sum(map(len, world.receipts.values())),
            "received faxes": len(self.rang),
            "mails out": world.mails,
            "twins": world.twins,
        }


def _fits(job, action):
    """Whether this is what a receipt says of a job that has ended, or is held."""
    if job["state"] in ENDED:
        return action in TOLD
    return job["state"] == "held" and action not in TOLD


def number_of(job):
    """The job's number as it was written."""
    return f"+{job['recipient']['number']['digits']}"
