"""The people of the demonstration. All are invented; their addresses exist nowhere."""

from demo.letters import File, Letter, Patient, Person, Report, xdm_zip
from demo.patient import INAYA

INAYA_AS_WRITTEN_TO = Person(INAYA.name, INAYA.mailbox)
CHRISTELLE = Person("Christelle Thomas", "christelle.thomas@cabinet.mssante.fr")
MARIE = Person("Dr Marie Chanteau", "marie.chanteau@cabinet.mssante.fr")
DUPOND = Person("Docteur Dupond", "dupond@hopital.mssante.fr")
LABO = Person("Labo BioPCR Orly", "resultats@labo.mssante.fr")

REPORT = Report(
    title="Résultats de votre examen médical",
    author="Dr Marie Chanteau",
    function="Médecine générale",
    date="8 juin 2026",
    paragraphs=(
        "Examen de contrôle demandé lors de la consultation du 1er juin.",
        "Les résultats sont dans les valeurs usuelles. Aucune inquiétude.",
    ),
    results=(
        ("Glycémie à jeun", "0,92 g/L", "0,70 à 1,10 g/L"),
        ("Hémoglobine", "13,1 g/dL", "12,0 à 16,0 g/dL"),
        ("Ferritine", "48 µg/L", "15 à 150 µg/L"),
    ),
)

PDF_NAME = "Résultats_examen médical.pdf"
SUBJECT = "Préparation de votre rendez-vous à l'hôpital d'Évry"
LETTER = """Bonjour Inaya,

Vous trouverez ci-joint les résultats de votre examen. Le docteur Chanteau souhaite connaître \
vos traitements en cours avant votre prochain rendez-vous, déjà fixé à l'été.

Bonne journée,

Christelle Thomas
Secrétaire médicale du Dr Chanteau Marie
"""

REPLY = """Bonjour Christelle,

J'espère que vous allez bien. En préparation de notre rendez-vous, vous trouverez en pièce jointe \
mes résultats et mon profil médical.

Si vous avez des questions, n'hésitez pas à me solliciter,

Inaya"""

TREATMENTS = (("Lévothyrox", "75 µg, le matin", "2019"), ("Vitamine D", "une ampoule par trimestre", "03/2024"))
ALLERGY = "Pénicilline (éruption en 2011)"


def letter_with_results() -> Letter:
    """Christelle's letter: accents, text and HTML, a PDF and a structured document."""
    about = Patient(given_name=INAYA.given_name, family_name=INAYA.family_name, ins=INAYA.ins)
    return Letter(
        sender=CHRISTELLE,
        to=[INAYA_AS_WRITTEN_TO],
        cc=[MARIE],
        subject=SUBJECT,
        text=LETTER,
        files=[
            File(name=PDF_NAME, media_type="application/pdf", content=REPORT.pdf()),
            File(name="IHE_XDM.zip", media_type="application/zip", content=xdm_zip(REPORT, about)),
        ],
    )


def letter_left_unread() -> Letter:
    """What another professional writes at the end, for the visitor to answer."""
    return Letter(
        sender=DUPOND,
        to=[INAYA_AS_WRITTEN_TO],
        subject="Votre rendez-vous du mois prochain",
        text="Bonjour Inaya,\n\nPouvez-vous me confirmer votre rendez-vous du mois prochain et m'envoyer vos "
        "derniers résultats ?\n\nPassez une belle journée,\n\nDr Dupond\nChef de service gynécologie\n",
    )
