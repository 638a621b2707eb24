"""Which servers take mail for a domain: by DNS, as it answers, or the relay that the settings name."""

import dns.asyncresolver
import dns.flags
import dns.message
import dns.nameserver
import dns.rcode
import dns.rrset
import pytest

from messaging.road.routes import MOST_SERVERS, FixedRelay, MailExchangers, NoRoute, NoRouteNow, Server


class Zone(dns.nameserver.Nameserver):
    """A name server that answers from a table of records, by name and kind."""

    def __init__(self, records: dict[str, list[str]], rcode: int = dns.rcode.NOERROR) -> None:
        self.records = records
        self.rcode = rcode

    def __str__(self) -> str:
        return "zone"

    def kind(self) -> str:
        return "zone"

    def is_always_max_size(self) -> bool:
        return True

    def answer_nameserver(self) -> str:
        return "zone"

    def answer_port(self) -> int:
        return 53

    async def async_query(
        self, request: dns.message.QueryMessage, *_: object, **__: object
    ) -> dns.message.Message:
        answer = dns.message.make_response(request)
        answer.flags |= dns.flags.RA
        question = request.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True)
        found = self.records.get(f"{name} {kind}")
        known = any(key.startswith(f"{name} ") for key in self.records)
        answer.set_rcode(self.rcode if self.rcode or known else dns.rcode.NXDOMAIN)
        if found:
            section = answer.find_rrset(
                answer.answer, question.name, question.rdclass, question.rdtype, create=True
            )
            section.update(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        return answer


def servers(records: dict[str, list[str]], rcode: int = dns.rcode.NOERROR) -> MailExchangers:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = [Zone(records, rcode)]
    return MailExchangers(25, resolver)


def named(found: object) -> list[str]:
    return [server.name for server in found]  # type: ignore[attr-defined]


async def test_servers_come_by_preference() -> None:
    routes = servers({"chu.fr MX": ["20 b.chu.fr.", "10 a.chu.fr.", "30 c.chu.fr."]})
    assert await routes.to("chu.fr") == [Server(f"{name}.chu.fr", 25) for name in "abc"]


async def test_equals_come_in_no_order() -> None:
    routes = servers({"chu.fr MX": ["10 a.chu.fr.", "10 b.chu.fr."]})
    assert {tuple(named(await routes.to("chu.fr"))) for _ in range(60)} == {
        ("a.chu.fr", "b.chu.fr"),
        ("b.chu.fr", "a.chu.fr"),
    }


@pytest.mark.parametrize("kind", ["A", "AAAA"])
async def test_a_domain_that_names_none_is_its_own(kind: str) -> None:
    address = {"A": "192.0.2.1", "AAAA": "2001:db8::1"}[kind]
    assert named(await servers({f"chu.fr {kind}": [address]}).to("chu.fr")) == ["chu.fr"]


@pytest.mark.parametrize("records", [{"chu.fr MX": ["0 ."]}, {}, {"chu.fr TXT": ['"nothing"']}])
async def test_a_domain_that_takes_no_mail_has_no_route_for_ever(records: dict[str, list[str]]) -> None:
    with pytest.raises(NoRoute):
        await servers(records).to("chu.fr")


async def test_name_servers_that_fail_leave_it_open() -> None:
    with pytest.raises(NoRouteNow):
        await servers({}, dns.rcode.SERVFAIL).to("chu.fr")


async def test_not_more_than_a_few_servers_are_tried() -> None:
    many = {"chu.fr MX": [f"{number} mx{number}.chu.fr." for number in range(30)]}
    assert named(await servers(many).to("chu.fr")) == [f"mx{number}.chu.fr" for number in range(MOST_SERVERS)]


async def test_a_relay_takes_every_domain_over_the_same_connections() -> None:
    relay = FixedRelay("relais.example", 2525)
    assert await relay.to("a.fr") == await relay.to("b.fr") == [Server("relais.example", 2525)]
    assert relay.key("a.fr") == relay.key("b.fr")
