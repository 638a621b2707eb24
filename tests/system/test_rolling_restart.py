"""The door is replaced while letters stream in: no sender finds it closed, nothing is lost, nothing doubled."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest

from stack.control import Stack
from tests.system.beside import another_door
from tests.system.mail import Letter, MailServer, letter
from tests.system.observer import Observer
from tests.system.people import PROFESSIONALS, Newcomer, People
from tests.system.storm import Post
from tests.system.waiting import until

pytestmark = pytest.mark.stack

LETTERS = 160
EACH_PHASE = 40


class Watched(MailServer):
    """Notes what it heard instead of a 250."""

    def __init__(self, door_port: int) -> None:
        super().__init__(door_port)
        self.heard: list[str] = []

    def _once(self, sent: Letter, mailboxes: Iterable[str]) -> list[str]:
        try:
            return super()._once(sent, mailboxes)
        except Exception as error:
            self.heard.append(f"{error} {error.__cause__!r}")
            raise


@pytest.fixture(scope="module")
def patient(people: People) -> Newcomer:
    """Whom these letters are for."""
    return people.newcomer(logged_in=False)


@pytest.fixture
def watched(stack: Stack) -> Watched:
    """What the senders hear."""
    stack.wait_ready()
    return Watched(stack.ports["door"])


@pytest.fixture
def post(watched: Watched) -> Iterator[Post]:
    """Four mail servers that hand over letters side by side."""
    with closing(Post(watched)) as found:
        yield found


def test_a_rolling_restart_under_load_loses_and_doubles_nothing(
    stack: Stack, patient: Newcomer, observer: Observer, watched: Watched, post: Post
) -> None:
    sent = [letter(PROFESSIONALS[number % 5], [patient], f"Relève {number}") for number in range(LETTERS)]
    batches = [sent[start : start + EACH_PHASE] for start in range(0, LETTERS, EACH_PHASE)]
    post.give(batches[0])
    post.wait_for(5)
    with another_door(stack):
        post.give(batches[1])
        post.wait_for(EACH_PHASE // 2)
        stack.stop("messaging-smtp")
        post.give(batches[2])
        post.wait_for(2 * EACH_PHASE + 5)
        stack.start("messaging-smtp")
        stack.wait_ready("messaging-smtp")
        post.give(batches[3])
        post.wait_for(2 * EACH_PHASE + 15)
    post.wait_for(LETTERS)
    assert not any(ConnectionRefusedError.__name__ in said for said in watched.heard), watched.heard
    rows = observer.database("messaging")["messages"]
    found = until(
        lambda: Counter(row["message_id"] for row in rows.find({"patient_id": patient.id, "kind": "letter"})),
        lambda counted: len(counted) == LETTERS,
        what="every letter in its mailbox",
    )
    assert found == Counter(one.message_id for one in sent)
