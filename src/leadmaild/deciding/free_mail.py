"""Domains at which anybody may have a mailbox: many customers share them, so no limit counts them together (AR-18),
and a dealer's mailbox there does not make them the dealer's own (AR-10)."""

_UNDER_MANY_ENDINGS = frozenset({"gmx", "hotmail", "live", "outlook", "yahoo", "aol", "proton", "yandex"})

# fmt: off
FREE_MAIL = frozenset({
    "gmail.com", "googlemail.com", "icloud.com", "me.com", "mac.com", "msn.com", "ymail.com", "rocketmail.com",
    "protonmail.com", "protonmail.ch", "pm.me", "tutanota.com", "tutanota.de", "tuta.io", "zoho.com", "mail.com",
    "email.com", "fastmail.com", "hey.com", "web.de", "t-online.de", "freenet.de", "mail.de", "email.de",
    "posteo.de", "mailbox.org", "arcor.de", "vodafone.de", "vodafonemail.de", "kabelmail.de", "unity-mail.de",
    "unitybox.de", "online.de", "onlinehome.de", "o2online.de", "o2mail.de", "ewe.net", "ewetel.net",
    "netcologne.de", "osnanet.de", "versanet.de", "alice-dsl.net", "alice.de", "magenta.de", "1und1.de",
    "web-mail.de", "a1.net", "aon.at", "chello.at", "inode.at", "drei.at", "bluewin.ch", "hispeed.ch", "sunrise.ch",
    "swissonline.ch", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr",
    "numericable.fr", "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "fastwebnet.it", "poste.it",
    "email.it", "ziggo.nl", "kpnmail.nl", "hetnet.nl", "planet.nl", "xs4all.nl", "home.nl", "casema.nl",
    "upcmail.nl", "skynet.be", "telenet.be", "proximus.be", "pandora.be", "pt.lu", "internet.lu", "wp.pl",
    "o2.pl", "onet.pl", "interia.pl", "op.pl", "gazeta.pl", "seznam.cz", "centrum.cz", "email.cz", "azet.sk",
    "zoznam.sk", "mail.ru", "bk.ru", "inbox.ru", "list.ru", "rambler.ru", "ukr.net", "abv.bg", "freemail.hu",
    "citromail.hu", "mail.dk", "telia.com", "comhem.se", "btinternet.com", "sky.com", "virginmedia.com",
    "comcast.net", "verizon.net", "att.net",
})
# fmt: on


def is_free_mail(domain: str) -> bool:
    """Whether this domain, in lower-case A-labels, is one of a free-mail or access provider."""
    first, _, ending = domain.partition(".")
    return domain in FREE_MAIL or (first in _UNDER_MANY_ENDINGS and ending.count(".") <= 1 and len(ending) <= 6)
