"""The types of document in the patient's words ("Type de document"; "CATÉGORIE" in lists)."""

from chassis.i18n import mark as _

LABELS: dict[str, str] = {
    "health-summary": _("Ma santé en résumé"),
    "prescriptions-care": _("Ordonnances et soins"),
    "imaging": _("Radio, écho, scanner, IRM"),
    "laboratory": _("Résultats de biologie"),
    "reports": _("Comptes rendus"),
    "prevention-screening": _("Prévention et dépistages"),
    "certificates": _("Certificats médicaux"),
    "administrative": _("Pièces administratives"),
    "other": _("Autres documents"),
}
"""By the codes of `contracts.documents.TYPE_CODES`, in their order."""
