"""How notifications leave the application: channels, when something may be sent, digests, mails."""
