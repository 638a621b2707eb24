"""Mailboxes, conversations and drafts; the SMTP door in and the SMTP road out."""
