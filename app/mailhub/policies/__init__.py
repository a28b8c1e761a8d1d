"""Rules of the mailhub: values in, decision out."""
