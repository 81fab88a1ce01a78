"""Spam signals scored: marks of our filters, lookalike senders, and the wording of mass mail. Scored, kept, never
deleted (lead-formats.md 5.2, Q21); talk about a vehicle speaks for the writer."""

import re

import re2

from leadmaild.model.reading import Sender
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.message import Message
from leadmaild.reading.robots import Evidence, spam_marks

SPAM_SCORE = 3.0
_LONGEST_READ = 20_000
_SHORTEST_OWN_BRAND = 8  # letters; shorter ones (mobile, ebay) are words or parts of words

_SUBJECT_MARK = re.compile(r"\W*(?:\[|\*{2,}|\{)\s?(?:suspected )?(?:spam|junk)\b", re.IGNORECASE)
_VEHICLE_TALK = re.compile(
    r"probefahrt|inzahlungnahme|fahrzeug|inserat|kilometerstand|erstzulassung|gebrauchtwagen|\bkombi\b|\bdiesel\b"
    r"|test drive|véhicule|essai routier|veicolo|proefrit|\bauto\b|\bwagen\b",
    re.IGNORECASE,
)
# Themes of mass mail: what one of them weighs, and its phrases.
_THEMES = (
    (1.5, r"(?:konto|account|postfach|mailbox|zugang)\b.{0,60}\b(?:gesperrt|eingeschränkt|suspended|locked|limited)"),
    (1.5, r"(?:konto|account|postfach|mailbox|zugang)\b.{0,60}\b(?:deaktiviert|abläuft|expires?|expired)\b"),
    (1.5, r"(?:bestätigen|verifizieren|verify|confirm|aktualisieren)\b.{0,40}\b(?:konto|account|daten|identit\w+)"),
    (1.5, r"(?:bestätigen|verifizieren|verify|confirm|aktualisieren)\b.{0,40}\b(?:passwor[td]|zahlungsdaten)"),
    (1.0, r"(?:ungewöhnliche|verdächtige|unusual|suspicious) (?:aktivität|anmeldung|activity|sign-?in|login)"),
    (1.0, r"(?:klicken sie (?:hier|auf)|click (?:here|below)).{0,80}(?:24 (?:stunden|hours)|sofort|immediately|sonst)"),
    (1.5, r"suchmaschinenoptimierung|\bseo\b"),
    (
        1.5,
        r"(?:erste[nr]? seite|platz (?:1|eins)|first page|page (?:1|one)).{0,30}(?:google|bing)|google[- ]ranking",
    ),
    (1.0, r"\bbacklinks?\b|guest posts?|domain authority|mehr besucher auf ihr|traffic to your (?:web)?site"),
    (1.0, r"redesign (?:of )?your (?:web)?site|(?:ihre|your) (?:web)?(?:site|seite).{0,40}(?:errors|fehler|optimier)"),
    (1.5, r"bitcoin|krypto(?:w[äa]hrung)?|crypto ?currency|forex|trading[- ]?bot|passives einkommen|passive income"),
    (
        2.0,
        r"next of kin|inheritance|erbschaft von|lottery|lotterie|million(?:en)? (?:usd|us-?dollars?|dollars?|pounds?)",
    ),
    (
        1.5,
        r"business proposal|geschäftsvorschlag|claims? agent"
        r"|(?:your|ihre) (?:assistance|cooperation|hilfe).{0,40}(?:transfer|fund|überweis)"
        r"|(?:full name|phone number|vollständige\w* name\w*).{0,60}(?:bank (?:account|details)|bankverbindung)"
        r"|i am a (?:banker|barrister|widow|dying)|you (?:have )?won\b.{0,60}(?:\$|usd|eur|€|£|prize)",
    ),
    (1.5, r"(?:unsecured|business|personal) loans?\b|kredit ohne schufa|sofortkredit|loan offer"),
    (2.0, r"viagra|cialis|casino|sex ?dating|escort service|hot (?:girls|singles)|weight loss|abnehm(?:pille|en)"),
    (
        1.5,
        r"(?:e-?mail|adress|contact|firmen)[- ]?(?:list|liste|database|datenbank)\w*.{0,40}(?:kauf|buy|purchase|b2b)",
    ),
    (
        1.0,
        r"instagram[- ]?follower|follower kaufen|google[- ]bewertungen kaufen|fake reviews|5[- ]sterne[- ]bewertungen",
    ),
)
_PATTERNS = tuple((weight, re.compile(words, re.IGNORECASE | re.DOTALL)) for weight, words in _THEMES)
# All of them at once in linear time: most mail meets none, and is not searched theme by theme.
_ANY_THEME = re2.compile("(?is)" + "|".join(f"(?:{words})" for _, words in _THEMES))


def spam_evidence(
    message: Message, text: str, sender: Sender, context: ReadingContext, portals: tuple[str, ...] = ()
) -> tuple[Evidence, ...]:
    """Return what makes the mail spam, or () if the score stays below SPAM_SCORE.

    `portals`: registrable domains of the known sources, for lookalikes. A mark of a trusted filter is enough alone.
    """
    subject = message.get("subject") or ""
    if mark := spam_marks(message, context):
        return (mark,)
    if context.trusts_spam_marks and _SUBJECT_MARK.match(subject):
        return (Evidence("Q21", "subject marked as spam"),)
    content = f"{subject}\n{text[:_LONGEST_READ]}"
    found: list[tuple[float, str]] = []
    if _ANY_THEME.search(content):
        found = [(weight, "wording of mass mail") for weight, words in _PATTERNS if words.search(content)]
    if found and _VEHICLE_TALK.search(content):
        found.append((-2.0, "speaks of a vehicle"))
    if lookalike := lookalike_of(sender, portals):
        found.append((2.0, f"sender looks like {lookalike}"))
    if sender.is_ambiguous or sender.name_shows_other_address:
        found.append((1.0, "sender shows another address"))
    score = sum(weight for weight, _ in found)
    if score < SPAM_SCORE:
        return ()
    return tuple(Evidence("Q21", why) for why in dict.fromkeys(why for weight, why in found if weight > 0))


def lookalike_of(sender: Sender, portals: tuple[str, ...]) -> str | None:
    """The portal whose name the sender's domain or display name bears without belonging to it (lead-formats.md 0.8).

    `mobile.de.example`, `ebay.de-login.example`, `notautoscout24.be`; not `schmidt-automobile.de`: a brand that is a
    word anybody uses counts only together with its ending.
    """
    domain = (sender.email or "").rpartition("@")[2].casefold()
    name = (sender.name or "").casefold()
    if any(domain == portal or domain.endswith(f".{portal}") for portal in portals):
        return None
    return next((p for p in portals if _bears(domain, p) or _bears(name, p)), None)


def _bears(text: str, portal: str) -> bool:
    at = text.find(portal)
    if at == 0 or (at > 0 and not text[at - 1].isalnum()):
        return True
    brand = portal.partition(".")[0]
    return len(brand) >= _SHORTEST_OWN_BRAND and (f"{brand}." in f"{text}." or f"{brand}-" in text)
