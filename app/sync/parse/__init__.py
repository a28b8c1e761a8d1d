"""Raw bytes in, `ParsedMail` out. Pure: no database, no network, no clock."""

from app.sync.parse.mail import PARSER_VERSION, Attachment, ParsedMail, parse_mail

__all__ = ["PARSER_VERSION", "Attachment", "ParsedMail", "parse_mail"]
