"""The patient's documents: what they kept, read, downloaded, and handed over to a draft."""
