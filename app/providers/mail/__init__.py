"""Mail servers behind one protocol: `base.MailProvider`. Adapters: `imap_smtp.ImapSmtpProvider`."""
