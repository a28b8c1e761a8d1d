"""The simulated mail world: its own process, reached by SMTP, IMAP and HTTP only.

Nothing in this package may import Flask, the database or another room: it stands for
everything outside the installation.
"""
