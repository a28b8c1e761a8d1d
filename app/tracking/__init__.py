"""What recipients do with our mails: public pixels, links and unsubscribe pages."""
