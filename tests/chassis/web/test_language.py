"""French as it is set: no line begins with a question mark, a colon or a closing quote."""

from chassis.web.language import Languages


def test_spaces_that_no_line_may_break_at_are_not_broken() -> None:
    spaced = Languages([]).gettext("Qui y a accès ? « Moi » : personne d'autre ; 8 h 30 !")
    assert spaced == "Qui y a accès\xa0? «\xa0Moi\xa0»\xa0: personne d'autre\xa0; 8 h 30\xa0!"
