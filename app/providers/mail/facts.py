"""What is known of mail providers: where their servers are, and what people trip over. Our own list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.providers.mail.base import Security


@dataclass(frozen=True)
class Endpoint:
    """A server and how to reach it."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True)
class Facts:
    """One provider. `mx` are endings of mail exchanger names that give it away.

    `files_sent_copy`: its SMTP server files a copy in Sent by itself; None where nobody told us.
    `advice`: what a person must do before a password works.
    """

    name: str
    domains: tuple[str, ...]
    mx: tuple[str, ...]
    imap: Endpoint | None
    smtp: Endpoint | None
    files_sent_copy: bool | None = None
    advice: str = ""


def _pair(
    imap: str, smtp: str, *, smtp_port: int = 465, imap_port: int = 993
) -> tuple[Endpoint, Endpoint]:
    security: Security = "ssl" if smtp_port == 465 else "starttls"
    return Endpoint(imap, imap_port, "ssl"), Endpoint(smtp, smtp_port, security)


_OWN_CODE = "{name} needs an app password here, not the password you sign in with."

PROVIDERS: tuple[Facts, ...] = (
    Facts(
        "Gmail",
        ("gmail.com", "googlemail.com"),
        ("google.com", "googlemail.com", "psmtp.com"),
        *_pair("imap.gmail.com", "smtp.gmail.com"),
        files_sent_copy=True,
        advice="Google needs an app password here: switch on 2-step verification, then create one.",
    ),
    Facts(
        "Outlook",
        ("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "hotmail.co.uk"),
        ("outlook.com", "office365.us", "hotmail.com", "outlook.de", "mx.microsoft"),
        *_pair("outlook.office365.com", "smtp.office365.com", smtp_port=587),
        files_sent_copy=True,
        advice="Microsoft has switched passwords off for most mailboxes. Until signing in with "
        "Microsoft is supported here, an administrator must allow IMAP and SMTP AUTH.",
    ),
    Facts(
        "Yahoo",
        ("yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com", "rocketmail.com"),
        ("yahoodns.net",),
        *_pair("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
        files_sent_copy=True,
        advice=_OWN_CODE.format(name="Yahoo"),
    ),
    Facts(
        "AOL",
        ("aol.com", "aim.com"),
        ("aol.com",),
        *_pair("imap.aol.com", "smtp.aol.com"),
        files_sent_copy=True,
        advice=_OWN_CODE.format(name="AOL"),
    ),
    Facts(
        "iCloud",
        ("icloud.com", "me.com", "mac.com"),
        ("icloud.com",),
        *_pair("imap.mail.me.com", "smtp.mail.me.com", smtp_port=587),
        advice="Apple needs an app-specific password here.",
    ),
    Facts(
        "Fastmail",
        ("fastmail.com", "fastmail.fm"),
        ("messagingengine.com",),
        *_pair("imap.fastmail.com", "smtp.fastmail.com"),
        advice=_OWN_CODE.format(name="Fastmail"),
    ),
    Facts(
        "Zoho Mail (EU)",
        ("zoho.eu",),
        ("zoho.eu",),
        *_pair("imap.zoho.eu", "smtp.zoho.eu"),
        files_sent_copy=True,
        advice="Switch on IMAP in Zoho's settings; with 2-step verification use an app password.",
    ),
    Facts(
        "Zoho Mail (India)",
        ("zoho.in",),
        ("zoho.in",),
        *_pair("imap.zoho.in", "smtp.zoho.in"),
        files_sent_copy=True,
        advice="Switch on IMAP in Zoho's settings; with 2-step verification use an app password.",
    ),
    Facts(
        "Zoho Mail",
        ("zoho.com", "zohomail.com"),
        ("zoho.com", "zohomail.com"),
        *_pair("imap.zoho.com", "smtp.zoho.com"),
        files_sent_copy=True,
        advice="Switch on IMAP in Zoho's settings; with 2-step verification use an app password.",
    ),
    Facts(
        "GMX",
        ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        ("gmx.net",),
        *_pair("imap.gmx.net", "mail.gmx.net"),
        advice="Switch on IMAP in the settings of GMX first.",
    ),
    Facts(
        "GMX (international)",
        ("gmx.com", "gmx.us", "mail.com"),
        ("gmx.com", "mail.com"),
        *_pair("imap.gmx.com", "mail.gmx.com"),
        advice="Switch on IMAP in the settings of GMX first.",
    ),
    Facts(
        "WEB.DE",
        ("web.de",),
        ("web.de",),
        *_pair("imap.web.de", "smtp.web.de", smtp_port=587),
        advice="Switch on IMAP in the settings of WEB.DE first.",
    ),
    Facts(
        "Telekom",
        ("t-online.de", "magenta.de"),
        ("t-online.de",),
        *_pair("secureimap.t-online.de", "securesmtp.t-online.de"),
        advice="Telekom needs a separate password for e-mail programs.",
    ),
    Facts(
        "IONOS (Germany)",
        (),
        ("kundenserver.de", "ionos.de"),
        *_pair("imap.ionos.de", "smtp.ionos.de"),
    ),
    Facts("IONOS", (), ("ionos.com", "1and1.com"), *_pair("imap.ionos.com", "smtp.ionos.com")),
    Facts("STRATO", (), ("rzone.de",), *_pair("imap.strato.de", "smtp.strato.de")),
    Facts("OVHcloud", (), ("mail.ovh.net",), *_pair("ssl0.ovh.net", "ssl0.ovh.net")),
    Facts("Gandi", (), ("gandi.net",), *_pair("mail.gandi.net", "mail.gandi.net")),
    Facts(
        "Infomaniak", (), ("infomaniak.ch",), *_pair("mail.infomaniak.com", "mail.infomaniak.com")
    ),
    Facts("Hostinger", (), ("hostinger.com",), *_pair("imap.hostinger.com", "smtp.hostinger.com")),
    Facts(
        "Namecheap Private Email",
        (),
        ("privateemail.com",),
        *_pair("mail.privateemail.com", "mail.privateemail.com"),
    ),
    Facts("Titan", (), ("titan.email",), *_pair("imap.titan.email", "smtp.titan.email")),
    Facts(
        "GoDaddy",
        (),
        ("secureserver.net",),
        *_pair("imap.secureserver.net", "smtpout.secureserver.net"),
    ),
    Facts(
        "Rackspace", (), ("emailsrvr.com",), *_pair("secure.emailsrvr.com", "secure.emailsrvr.com")
    ),
    Facts("Migadu", (), ("migadu.com",), *_pair("imap.migadu.com", "smtp.migadu.com")),
    Facts(
        "Purelymail", (), ("purelymail.com",), *_pair("imap.purelymail.com", "smtp.purelymail.com")
    ),
    Facts(
        "mailbox.org",
        ("mailbox.org",),
        ("mailbox.org",),
        *_pair("imap.mailbox.org", "smtp.mailbox.org"),
    ),
    Facts("Posteo", ("posteo.de", "posteo.net"), ("posteo.de",), *_pair("posteo.de", "posteo.de")),
    Facts("Runbox", ("runbox.com",), ("runbox.com",), *_pair("mail.runbox.com", "mail.runbox.com")),
    Facts(
        "Yandex",
        ("yandex.com", "yandex.ru", "ya.ru"),
        ("yandex.net", "yandex.ru"),
        *_pair("imap.yandex.com", "smtp.yandex.com"),
        advice="Switch on IMAP in Yandex's settings, then create an app password.",
    ),
    Facts(
        "Mail.ru",
        ("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
        ("mail.ru",),
        *_pair("imap.mail.ru", "smtp.mail.ru"),
        advice="Mail.ru needs a password for external applications.",
    ),
    Facts(
        "QQ Mail",
        ("qq.com", "foxmail.com"),
        ("qq.com",),
        *_pair("imap.qq.com", "smtp.qq.com"),
        advice="QQ needs an authorisation code here; switch on IMAP in its settings.",
    ),
    Facts(
        "Amazon WorkMail (Ireland)",
        (),
        ("inbound-smtp.eu-west-1.amazonaws.com",),
        *_pair("imap.mail.eu-west-1.awsapps.com", "smtp.mail.eu-west-1.awsapps.com"),
    ),
    Facts(
        "Amazon WorkMail",
        (),
        ("inbound-smtp.us-east-1.amazonaws.com",),
        *_pair("imap.mail.us-east-1.awsapps.com", "smtp.mail.us-east-1.awsapps.com"),
    ),
    Facts(
        "Amazon WorkMail (Oregon)",
        (),
        ("inbound-smtp.us-west-2.amazonaws.com",),
        *_pair("imap.mail.us-west-2.awsapps.com", "smtp.mail.us-west-2.awsapps.com"),
    ),
    Facts(
        "Proton",
        ("proton.me", "protonmail.com", "pm.me"),
        ("protonmail.ch",),
        None,
        None,
        advice="Proton can only be reached through Proton Bridge on your own computer.",
    ),
    Facts(
        "Tuta",
        ("tuta.com", "tutanota.com"),
        ("tutanota.de", "tuta.com"),
        None,
        None,
        advice="Tuta offers no IMAP or SMTP.",
    ),
)

_HOST_NAME = re.compile(r"^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$")


def is_host_name(text: str) -> bool:
    """A full DNS name in ASCII: no address, no port, no path."""
    return bool(_HOST_NAME.match(text)) and not text.rpartition(".")[2].isdigit()


def facts_for_domain(domain: str) -> Facts | None:
    """The provider that owns a mail domain."""
    return next((facts for facts in PROVIDERS if domain.lower() in facts.domains), None)


def facts_for_exchanger(exchanger: str) -> Facts | None:
    """The provider behind a mail exchanger name."""
    name = exchanger.lower().rstrip(".")
    return next((facts for facts in PROVIDERS if _ends_with(name, facts.mx)), None)


def facts_for_server(host: str) -> Facts | None:
    """The provider a server belongs to, for what is known of its habits."""
    name = host.lower().rstrip(".")
    return next(
        (f for f in PROVIDERS if any(e is not None and e.host == name for e in (f.imap, f.smtp))),
        None,
    )


def _ends_with(name: str, endings: tuple[str, ...]) -> bool:
    return any(name == ending or name.endswith(f".{ending}") for ending in endings)
