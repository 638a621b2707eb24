"""The patient's medical profile, and the PDF made from it."""
