"""What `leads list` finds."""

import pytest

from leadmaild.model.listing import LeadFilter
from tests.dealership import MAILBOX, enquiry


@pytest.mark.rule("R121")
@pytest.mark.asyncio
async def test_leads_are_found_by_free_text_over_customers_and_narrowed_by_filters(bench):
    for number in (1, 2, 3):
        text = f"Guten Tag,\r\n\r\nist er noch da? Telefon 0171 392001{number}\r\n\r\nKunde Nummer{number}\r\n"
        await bench.take(enquiry(number, text=text), MAILBOX)
    await bench.run()
    first, second, third = await bench.leads()

    async def found(**wanted):
        async with bench.gateway.database.view() as tx:
            return {line.number for line in await tx.listings.leads(LeadFilter(**wanted))}

    assert await found(text="nummer2") == {second.number}
    assert await found(text="KUNDE3@kunden") == {third.number}
    assert await found(text="3920011") == {first.number}
    assert await found(text="golf") == {first.number, second.number, third.number}
    assert await found(text="golf", assignee=second.assignee) < {first.number, second.number, third.number}
    assert await found(text="niemand") == set()
    assert await found(text="%") == set()  # what people type is text, not a pattern
