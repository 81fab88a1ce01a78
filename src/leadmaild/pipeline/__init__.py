"""The four steps of the journey (accept, intake, deliver, escalate) and the worker that drives them."""
