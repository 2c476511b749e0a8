"""What a diagnosis says: one cause, how sure it is, why, who acted, what would get round it.

The causes are those of the lab, and no others. ``cannot_tell`` is one of them: where the
evidence runs out, saying so is the right answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.values import Message

ACCESSIBLE = "accessible"
BLOCKED_DNS = "blocked.dns"
BLOCKED_IP = "blocked.ip"
BLOCKED_TLS = "blocked.tls"
BLOCKED_HTTP = "blocked.http"
THROTTLED = "throttled"
SHUTDOWN = "shutdown"
SEIZED_HOLD = "seized.hold"
SEIZED_REDELEGATION = "seized.redelegation"
SEIZED_HOST = "seized.host"
DOWN = "down"
CANNOT_TELL = "cannot_tell"

CAUSES = (
    ACCESSIBLE,
    BLOCKED_DNS,
    BLOCKED_IP,
    BLOCKED_TLS,
    BLOCKED_HTTP,
    THROTTLED,
    SHUTDOWN,
    SEIZED_HOLD,
    SEIZED_REDELEGATION,
    SEIZED_HOST,
    DOWN,
    CANNOT_TELL,
)

CERTAIN = "certain"
LIKELY = "likely"
UNSURE = "cannot tell"
CONFIDENCES = (CERTAIN, LIKELY, UNSURE)

# Ways round, by the ids of the matrix. A way is named where the mechanism lets it through:
# what is measured is the matrix, this is the advice that the evidence allows.
_OTHER_NETWORK = ("vpn", "vpn-obfuscated", "onion")
"""Everything leaves from elsewhere: no measure of this access network sees the site."""
_HELPERS = ("socks-proxy", "connect-proxy")
"""Only the proxy's address is dialled here; the name and the request are still readable."""
_OTHER_FACE = ("mirror", "fronting")
"""Another name and another address for the same content, where the site has one."""
OTHER_RESOLVER = "public-resolver"
ENCRYPTED_DNS = ("dot-strict", "doh")
HOSTS_FILE = "hosts-file"
MIRROR = "mirror"

PAST_DNS = (*ENCRYPTED_DNS, HOSTS_FILE, *_HELPERS, *_OTHER_NETWORK, *_OTHER_FACE)
PAST_ADDRESS = (*_HELPERS, *_OTHER_NETWORK, *_OTHER_FACE)
PAST_CONTENT = (*_OTHER_NETWORK, *_OTHER_FACE)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One cause with its evidence.

    ``actor`` is who most probably acted, None where nobody did or nobody can be named;
    ``ways`` are ids of circumventions that would get round it.
    """

    cause: str
    confidence: str
    evidence: tuple[Message, ...]
    actor: Message | None = None
    ways: tuple[str, ...] = ()


def cannot_tell(*evidence: Message) -> Diagnosis:
    """Return the diagnosis that the evidence runs out, with what there is of it."""
    return Diagnosis(CANNOT_TELL, UNSURE, evidence)
