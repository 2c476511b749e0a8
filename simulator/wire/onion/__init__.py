"""Onion routing: cells, layers, handshakes and circuits, without a socket or a clock.

Written from the Tor Protocol Specification (tor-spec), of which this is a subset: link
protocol 4 with its fixed cells of 514 octets, relays that prove an Ed25519 identity in the
link, circuits by CREATE2 and EXTEND2 with the ntor handshake, AES-128-CTR with a running
SHA-1 per hop, streams by BEGIN, CONNECTED, DATA and END, and SENDME windows, authenticated
as since Tor 0.4.1.

Not simulated, and refused or left out: the directory (whoever builds a circuit is given the
relays with their keys; there is no consensus and no choice of path), RSA identities (where
the protocol wants their fingerprint, the SHA-1 of the Ed25519 identity stands in), relays
that authenticate themselves to the relay they call, onion services, padding, bridges, UDP.

Keys and random octets come from the lab's seeded generator, so that a run repeats. That is
right for a lab and for nothing else: do not trust it with anybody's anonymity.
"""
