"""The demonstration: demo people, a professional's mail client, and real letters."""
