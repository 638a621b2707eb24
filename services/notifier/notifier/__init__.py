"""E-mail and SMS to the patient. Nothing else of Pli may write to a patient."""
