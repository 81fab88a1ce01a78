"""The system's completion reasons: they can be renamed and hidden, never deleted (R130)."""

from leadmaild.model.location import CompletionOutcome, CompletionReason

SYSTEM_REASONS = {
    key: CompletionReason(key, name, outcome)
    for key, name, outcome in (
        ("sold", "Verkauft", CompletionOutcome.WON),
        ("trade_in_bought", "Fahrzeug angekauft", CompletionOutcome.WON),
        ("bought_elsewhere", "Anderswo gekauft", CompletionOutcome.LOST),
        ("no_interest", "Kein Interesse mehr", CompletionOutcome.LOST),
        ("vehicle_gone", "Fahrzeug nicht mehr verfügbar", CompletionOutcome.LOST),
        ("not_reached", "Nicht erreicht", CompletionOutcome.LOST),
        ("duplicate", "Doppelte Anfrage", CompletionOutcome.INVALID),
        ("invalid", "Keine ernsthafte Anfrage", CompletionOutcome.INVALID),
    )
}
