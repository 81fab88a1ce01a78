"""The one decision about one mail, in the order of rules.md 3.6: what it is, where it belongs, who gets it.

Pure: the same mail, snapshot and moment give the same decision, live, in `explain` and when replayed (PF36).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leadmaild.deciding.autoresponse import history_after
from leadmaild.deciding.case import Case
from leadmaild.deciding.enquiries import Enquired, enquiries_of, is_same_person
from leadmaild.deciding.joining import belonging, join_lead
from leadmaild.deciding.opening import open_lead
from leadmaild.deciding.reading_again import read_again
from leadmaild.deciding.redirect import redirects
from leadmaild.deciding.staff_reply import staff_reply
from leadmaild.deciding.vehicle_location import for_distribution, for_redirect
from leadmaild.deciding.without_lead import unparsed, without_lead
from leadmaild.distribution.chain import with_turn_taken
from leadmaild.model.decision import Decision, Intent, JoinLead, OpenLead
from leadmaild.model.envelope import Envelope
from leadmaild.model.lead import Lead, Outcome
from leadmaild.model.location import Location
from leadmaild.model.reading import Reading
from leadmaild.model.snapshot import Roster, Snapshot


def decide(reading: Reading, envelope: Envelope, snapshot: Snapshot, now: datetime) -> Decision:
    """Decide about one mail received by `snapshot.receiving`. Total; the decision carries every rule asked, in order.

    `now` is a UTC instant: who is absent and what may leave is judged by it; timers count from the mail's arrival.
    """
    case = Case(reading, envelope, snapshot, now)
    decision = without_lead(case) or staff_reply(case) or _about_enquiries(case)
    _note_suppression(case, decision)
    return replace(decision, trace=tuple(case.trace))


def _about_enquiries(case: Case) -> Decision:
    enquiries = enquiries_of(case)
    if not case.trace.asked("R167", bool(enquiries), len(enquiries), "enquiries with a way to reach the customer"):
        return unparsed(case, "empty" if case.reading.is_empty else "no_way_to_reach")
    if case.snapshot.read_before is not None:
        return read_again(case, enquiries, case.snapshot.read_before)
    intents = _redirects(case, enquiries)
    placing = _Placing(case, case.snapshot.roster)
    for enquired in enquiries:
        placing.place(enquired)
    return Decision(
        placing.outcome,
        placing.reason,
        steps=tuple(placing.steps),
        intents=intents,
        needs_review=case.reading.needs_review,
        alarms=_budget_alarms(placing.steps),
    )


def _redirects(case: Case, enquiries: Sequence[Enquired]) -> tuple[Intent, ...]:
    """The redirects of the mail: before distribution, and each address once whatever the number of enquiries (Q9)."""
    found = [
        intent
        for enquired in enquiries
        for intent in redirects(case, enquired.prospect, for_redirect(case, enquired.facts.vehicle))
    ]
    return tuple({intent.recipient.key: intent for intent in reversed(found)}.values())[::-1]


def _note_suppression(case: Case, decision: Decision) -> None:
    """R53: what shall leave is decided all the same; deliver records it as suppressed."""
    codes = {case.receiving.code, *(s.location if isinstance(s, OpenLead) else s.lead.location for s in decision.steps)}
    for code in sorted(codes):
        location = case.snapshot.locations.get(code, case.receiving)
        if not location.send_emails:
            case.trace.matched("R53", False, f"{code} sends no e-mail: each is recorded as suppressed")


@dataclass(slots=True)
class _Placing:
    """Places the enquiries of one mail one after the other; each sees what the ones before it changed: whose turn it
    is (R76), how many answers have gone (AR-17), which leads were joined or made."""

    case: Case
    roster: Roster
    steps: list[OpenLead | JoinLead] = field(default_factory=list)
    reason: str = ""

    def place(self, enquired: Enquired) -> None:
        """Join the enquiry to its lead or make one for it."""
        case = self.case
        location = for_distribution(case, enquired.facts.vehicle)
        found = belonging(case, enquired.prospect, enquired.facts, location)
        if found.joins is not None:
            is_first = not any(isinstance(s, JoinLead) and s.lead.number == found.joins.number for s in self.steps)
            self.steps.append(join_lead(case, enquired, found, found.joins, is_first=is_first))
            self.reason = self.reason or found.reason
        elif not self._goes_with_another(enquired, location):
            self._open(enquired, location, found.follows)
            self.reason = self.reason or "new_enquiry"

    @property
    def outcome(self) -> Outcome:
        """Joined only if no lead was made; a lead that a person must look at is flagged (R167)."""
        if not any(isinstance(step, OpenLead) for step in self.steps):
            return Outcome.JOINED
        return Outcome.MANUAL_REVIEW if self.case.reading.needs_review else Outcome.LEAD

    def _open(self, enquired: Enquired, location: Location, follows: Lead | None) -> None:
        history = history_after(self.case, enquired, location, self.steps)
        step = open_lead(self.case, enquired.prospect, enquired.facts, location, self.roster, history, follows)
        self.steps.append(step)
        self.roster = with_turn_taken(self.roster, step.assignment)

    def _goes_with_another(self, enquired: Enquired, location: Location) -> bool:
        """Whether the same customer already got a lead out of this mail: one open request, one lead (R35, R38)."""
        for place, step in enumerate(self.steps):
            if (
                isinstance(step, OpenLead)
                and step.location == location.code
                and is_same_person(step.prospect.contact, enquired.prospect.contact)
            ):
                self.steps[place] = replace(step, more=(*step.more, enquired.prospect))
                self.case.trace.matched("R35", None, "the same customer asks twice in one mail: one lead")
                return True
        return False


def _budget_alarms(steps: Iterable[OpenLead | JoinLead]) -> tuple[str, ...]:
    """BI-61: each location whose budget withheld an answer. What is odd about an assignment, the assignment says."""
    spent = {
        step.location: f"{step.location}: budget_exhausted, automatic answers are withheld"
        for step in steps
        if isinstance(step, OpenLead) and any(intent.withheld_by == "AR-17" for intent in step.intents)
    }
    return tuple(spent.values())
