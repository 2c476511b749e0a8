"""What signatures cost: answers of a signed zone beside those of the same zone unsigned.

An answer with its signature is three times as long as one without, and a denial carries two
proofs and three signatures: that is what the limit of one half leaves room for. A signature is
made once and served many times, so how fast they are made is a figure by itself, beside bare
ones of the library `cryptography`: what stands around each (records in canonical form, base64)
costs about as much again, and a quarter is the limit.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulator.bench.figures import Figure, paired
from simulator.net import Host, LabLoop, Network
from simulator.roles.nameserver.logic import NameserverState
from simulator.roles.nameserver.service import Nameserver
from simulator.roles.nameserver.signing import Signer
from simulator.roles.nameserver.zone import Zone
from simulator.roles.resolver.exchange import Exchange
from simulator.values import MILLISECOND, message
from simulator.wire.dns_values import Question, Record
from simulator.wire.dnssec import make_key

SERVER = "198.51.100.10"
ZONE = "clips.test"
NAMES = 150
"""So many names that exist, and as many questions for names that do not."""


def signed_answers() -> list[Figure]:
    """Signed answers per second over the network, of unsigned ones; signatures made per second."""
    key = make_key(Random(1))  # noqa: S311  # a lab's key
    signed = _Zone(Signer(ZONE, key))
    unsigned = _Zone(None)

    def sign_anew() -> None:
        signer = Signer(ZONE, key)  # one that has made no signature yet
        for number in range(NAMES):
            signer.signature((_record(number),), 0)

    cost, bare, ratio = paired(signed.ask_all, unsigned.ask_all)
    made, raw, of_raw = paired(sign_anew, _raw_signatures(NAMES))
    for zone in (signed, unsigned):
        zone.close()
    count = 2 * NAMES
    return [
        Figure(
            "signed-answers",
            message("signed answers and proven denials per second, of unsigned ones"),
            1 / ratio, 0.5, "", at_most=False,
            detail=f"{count / cost:,.0f}/s, {count / bare:,.0f}/s",
        ),
        Figure(
            "signatures",
            message("signatures of records made per second, of bare ECDSA signatures"),
            1 / of_raw, 0.25, "", at_most=False,
            detail=f"{NAMES / made:,.0f}/s, {NAMES / raw:,.0f}/s",
        ),
    ]  # fmt: skip


class _Zone:
    """A zone on a nameserver in a network of its own, and somebody who asks for all of it."""

    def __init__(self, signer: Signer | None) -> None:
        self._loop = LabLoop()
        fabric = self._loop.fabric
        here = fabric.add_network(Network("here", prefixes=["192.0.2.0/24"]))
        there = fabric.add_network(Network("there", prefixes=["198.51.100.0/24"]))
        fabric.topology.link(here, there, MILLISECOND)
        self._client = Host(fabric, "client", here, ("192.0.2.10",))
        server = Host(fabric, "server", there, (SERVER,))
        state = NameserverState()
        state.replace(_zone(), signer)
        nameserver = Nameserver(state, now=fabric.now)
        self._loop.run_until_complete(self._loop.run_on(server, nameserver.start([(SERVER, 53)])))
        names = [f"{kind}-{number}.{ZONE}" for number in range(NAMES) for kind in ("www", "no")]
        self._questions = [Question(name, "A") for name in names]
        self._exchange = Exchange(fabric.random_for("client"))
        self._signed = signer is not None

    def ask_all(self) -> None:
        """Ask for every name that is there and as many that are not."""
        self._loop.run_until_complete(self._loop.run_on(self._client, self._ask()))

    async def _ask(self) -> None:
        for question in self._questions:
            [query] = self._exchange.queries(
                [question], recursion_desired=False, dnssec_ok=self._signed
            )
            [reply] = await self._exchange.by_datagram(SERVER, [query], 5.0)
            assert reply is not None, question
            records = (*reply.answers, *reply.authority)
            assert any(one.type == "RRSIG" for one in records) is self._signed, reply

    def close(self) -> None:
        """End the network."""
        self._loop.shut_down()


def _zone() -> Zone:
    soa = f"ns.{ZONE} hostmaster.{ZONE} 1 7200 900 1209600 300"
    apex = [
        Record(ZONE, "SOA", 300, soa),
        Record(ZONE, "NS", 300, f"ns.{ZONE}"),
        Record(f"ns.{ZONE}", "A", 300, SERVER),
    ]
    return Zone(ZONE, [*apex, *map(_record, range(NAMES))])


def _record(number: int) -> Record:
    return Record(f"www-{number}.{ZONE}", "A", 300, f"203.0.113.{number}")


def _raw_signatures(count: int) -> Callable[[], None]:
    """Return work that makes bare signatures over as many octets as a record's are."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    private = ec.generate_private_key(ec.SECP256R1())
    scheme = ec.ECDSA(SHA256(), deterministic_signing=True)

    def sign() -> None:
        for number in range(count):
            private.sign(number.to_bytes(80, "big"), scheme)

    return sign
