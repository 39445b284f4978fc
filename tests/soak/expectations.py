# SPDX-License-Identifier: Apache-2.0
"""What answers are allowed at which time: the policy in force, while it changes the old or the new one.

Times are those of time.monotonic(). An answer is decided between the sending of its query and its arrival, so each
verdict that was in force at any moment between these two is allowed.
"""
import threading
import time

OPEN, CLOSED, FAILED = "open", "sinkholed", "SERVFAIL"


class Rule:
    """Whether some names are open for some clients, over time. One thread changes it, any may ask."""

    def __init__(self, name, verdict):
        self.name = name
        self.lock = threading.Lock()
        self.verdict = verdict                   # the present one; while it changes, the one before
        self.spans = [(0.0, None, verdict)]      # (from, until, verdict); they overlap where one changed into another
        self.changing = False

    def begin(self, new):
        """Call before the change is requested: from now on both verdicts are allowed."""
        with self.lock:
            if self.changing:
                raise RuntimeError(f"{self.name} is changing already")
            self.changing = True
            self.spans.append((time.monotonic(), None, new))

    def settle(self, verdict):
        """Call once the change is known to be in force (or not): from now on only this verdict is allowed."""
        with self.lock:
            now = time.monotonic()
            self.changing = False
            before, after = self.spans[-2:]
            if verdict == after[2]:
                self.spans[-2] = (before[0], now, before[2])
            else:
                self.spans[-2:] = [before, (after[0], now, after[2]), (after[0], None, verdict)]
            self.verdict = verdict
            self.spans = self.spans[-50:]

    def allowed(self, sent, received):
        with self.lock:
            return {verdict for begin, end, verdict in self.spans if begin <= received and (end is None or end >= sent)}


class Gaps:
    """Times in which answers may fail or be missing, each with its reason."""

    def __init__(self):
        self.lock = threading.Lock()
        self.gaps = []  # [from, until or None, reason, the queries that it concerns, what it excuses]

    def begin(self, reason, concerns=lambda query: True, since=0.0, excused=("failed", "lost")):
        """`since`: seconds before now from which on queries are concerned, those that still waited. A gap of upstream
        excuses failures alone: what has no answer then is lost."""
        gap = [time.monotonic() - since, None, reason, concerns, excused]
        with self.lock:
            self.gaps.append(gap)
        return gap

    def end(self, gap, later=0.0):
        with self.lock:
            gap[1] = time.monotonic() + later

    def reason(self, query, sent, received, outcome):
        """The reason of a gap that overlaps, or nothing."""
        with self.lock:
            for begin, end, reason, concerns, excused in self.gaps:
                if outcome in excused and begin <= received and (end is None or end >= sent) and concerns(query):
                    return reason
        return ""


def verdict_of(reply, truth):
    """What an answer to a query for an address is: open with the address that the name has, or something else."""
    if reply.rcode() == 2:
        return FAILED
    found = [(rrset.rdtype, rdata.to_text()) for rrset in reply.answer for rdata in rrset if rrset.rdtype in (1, 28)]
    if reply.rcode() != 0:
        return f"rcode {int(reply.rcode())}"
    if not found:
        return "no address"
    values = {value for _, value in found}
    if values <= {"0.0.0.0", "::"}:
        return CLOSED
    return OPEN if values == {truth} else f"addresses {sorted(values)}"
