"""Whatever registrars and the registry's own hand do, in whatever order: no object gets into a
state that its RFC forbids, none is lost, and no registrar touches what it does not sponsor."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.roles.registry.contacts import ContactChange
from simulator.roles.registry.events import Transaction
from simulator.roles.registry.hosts import HostChange
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import (
    MAXIMUM_YEARS,
    SERVER,
    YEAR,
    Code,
    Contact,
    Domain,
    HostObject,
    PostalInfo,
    Result,
)
from simulator.roles.registry.policy import Policy
from simulator.roles.registry.restoring import RestoreReport
from simulator.roles.registry.statuses import Status
from simulator.values import DAY, HOUR

REGISTRARS = ("candie", "loire", "police")
SPONSOR = "the sponsor, whoever that is"
RIVAL = "a registrar that is not the sponsor"
ACTORS = st.sampled_from((SPONSOR, SPONSOR, SPONSOR, SERVER, *REGISTRARS, "nobody"))
NAMES = st.sampled_from(("coco.xg", "coco.xg", "coco.xg", "roses.xg", "lilies.xg"))
HOSTS = st.sampled_from(
    ("ns1.far.example", "ns2.far.example", "ns.coco.xg", "ns.roses.xg", "ns1.seized.example")
)
HANDLES = st.sampled_from(("HOLDER-1", "HOLDER-2"))
LOCKS = [status.removeprefix("client") for status in Status if status.startswith("client")]
STATUSES = st.lists(
    st.sampled_from([*LOCKS, *LOCKS, *LOCKS, *(str(status) for status in Status)]), max_size=2
)
"""A status without ``client`` or ``server`` becomes one that its actor may set."""
SECRETS = st.sampled_from(("right", "right", "wrong"))
SERVERS = st.lists(
    st.sampled_from(("ns1.far.example", "ns1.far.example", "ns2.far.example", "ns.roses.xg")),
    max_size=2,
).map(tuple)
DS = st.lists(st.sampled_from(("1 13 2 " + "ab" * 32, "2 13 2 " + "cd" * 32)), max_size=2).map(
    tuple
)
ADDRESS = PostalInfo("int", "A. Holder", "St Peter Port", "XG")
REPORT = RestoreReport("then", "now", 0, 0, "a mistake", ("same holder", "true"))

# RFC 5731 section 2.3, written down a second time on purpose.
NEVER_TOGETHER = [
    ("pendingDelete", "clientDeleteProhibited"),
    ("pendingDelete", "serverDeleteProhibited"),
    ("pendingTransfer", "clientTransferProhibited"),
    ("pendingTransfer", "serverTransferProhibited"),
    ("pendingDelete", "pendingTransfer"),
]


class RegistryMachine(RuleBasedStateMachine):
    """Commands from three registrars, a stranger and the registry, and time going by."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.registry = Registry("xg", "xg-registry")
        self.log: list[Transaction] = []

    @initialize(auto_renew=st.booleans(), add_grace_purges=st.booleans(), contacts=st.booleans())
    def open(self, auto_renew: bool, add_grace_purges: bool, contacts: bool) -> None:
        self.registry = Registry(
            "xg",
            "xg-registry",
            policy=Policy(
                auto_renew=auto_renew,
                add_grace_purges=add_grace_purges,
                registrants_are_contacts=contacts,
            ),
        )
        for registrar in REGISTRARS:
            self.registry.accredit(registrar)
        self.registry.listen_to_commands(self.log.append)
        for handle in ("HOLDER-1", "HOLDER-2"):
            self.do("candie", "contact_create", handle, self.now, **self.person())
        self.do("candie", "host_create", "ns1.far.example")
        for name in ("coco.xg", "roses.xg"):
            self.do("candie", "create", name, 0, registrant="HOLDER-1", authorization="right",
                    nameservers=("ns1.far.example",))  # fmt: skip
        self.do("candie", "host_create", "ns.roses.xg", ("192.0.2.9",))

    def person(self) -> dict[str, Any]:
        return {"postal": (ADDRESS,), "email": "holder@mail.example", "authorization": "right"}

    def resolved(self, actor: str, command: str, target: str) -> str:
        """Return who acts: the sponsor of what the command is about, where it is to be that."""
        if actor not in (SPONSOR, RIVAL):
            return actor
        registry = self.registry
        if command.startswith("host"):
            seen: Any = registry.host_info(target).host
        elif command.startswith("contact"):
            seen = registry.contact_info(SERVER, target, self.now).contact
        else:
            seen = registry.info(SERVER, target, self.now).domain
        sponsor = "candie" if seen is None else str(seen.sponsor)
        return sponsor if actor == SPONSOR else "loire" if sponsor == "candie" else "candie"

    def statuses(self, actor: str, drawn: list[str]) -> tuple[str, ...]:
        prefix = "server" if actor == SERVER else "client"
        return tuple(prefix + status if status in LOCKS else status for status in drawn)

    # --- what is held at every command --------------------------------------------------

    def objects(self) -> dict[tuple[str, str], Domain | HostObject | Contact]:
        registry = self.registry
        found: dict[tuple[str, str], Domain | HostObject | Contact] = {}
        for name in registry.names():
            domain = registry.info(SERVER, name, self.now).domain
            if domain is not None:
                found["domain", name] = domain
        for name in registry.hosts():
            host = registry.host_info(name).host
            assert host is not None
            found["host", name] = host
        for handle in ("HOLDER-1", "HOLDER-2"):
            contact = registry.contact_info(SERVER, handle, self.now).contact
            if contact is not None:
                found["contact", handle] = contact
        return found

    def do(self, actor: str, command: str, *arguments: Any, **options: Any) -> Result:
        """Carry a command out and hold it to what any command must keep to."""
        actor = self.resolved(actor, command, arguments[0])
        self.registry.settle(self.now)
        before = self.objects()
        logged = len(self.log)
        result: Result = getattr(self.registry, command)(actor, *arguments, **options)
        after = self.objects()
        new = [entry for entry in self.log[logged:] if entry.id == result.transaction]
        assert [(entry.actor, entry.code) for entry in new] == [(actor, int(result.code))]
        if not result.succeeded:
            assert after == before, f"a refused {command} changed something"
        if actor != SERVER:
            self.touched_only_its_own(actor, command, result, before, after)
        self.nothing_is_lost(command, result, before, after)
        return result

    def touched_only_its_own(
        self, actor: str, command: str, result: Result, before: Any, after: Any
    ) -> None:
        for key, old in before.items():
            new = after.get(key)
            if new == old or old.sponsor == actor:
                continue
            if "transfer" in command:
                # Asking for a name, or taking the request back, is not touching it.
                self.only_transfer_differs(old, new)
            elif command == "host_change" and result.succeeded and new is not None:
                # A host's new name is followed by whoever is delegated to it; only a host
                # that lies in the zone itself may be renamed under other registrars.
                self.only_differ(old, new, {"nameservers", "statuses"})
            else:
                # Being used by another's name shows as "linked", or does no more.
                assert new is not None, f"{actor} made {key} vanish by {command}"
                self.only_differ(old, new, {"statuses"})
                assert {*old.statuses} ^ {*new.statuses} <= {"linked"}

    def only_transfer_differs(self, old: Any, new: Any) -> None:
        assert new is not None
        self.only_differ(old, new, {"transfer", "statuses", "updated", "updated_by"})
        assert {*old.statuses} ^ {*new.statuses} <= {"pendingTransfer", "ok"}
        assert old.sponsor == new.sponsor

    def only_differ(self, old: Any, new: Any, allowed: set[str]) -> None:
        differing = {
            field.name
            for field in fields(old)
            if getattr(old, field.name) != getattr(new, field.name)
        }
        assert differing <= allowed, differing

    def nothing_is_lost(self, command: str, result: Result, before: Any, after: Any) -> None:
        gone = [key for key in before if key not in after]
        if not gone:
            return
        assert result.succeeded, (command, gone)
        if command == "delete":  # in the add grace period, with the hosts under it
            assert self.registry.policy.add_grace_purges
            return
        assert command in ("host_delete", "contact_delete", "host_change"), (command, gone)
        assert len(gone) == 1
        assert command != "host_change" or len(after) == len(before)

    # --- commands -----------------------------------------------------------------------

    @rule(actor=ACTORS, name=NAMES, holder=HANDLES, servers=SERVERS, ds=DS,
          years=st.integers(0, 3))  # fmt: skip
    def create(self, actor: str, name: str, holder: str, servers: Any, ds: Any, years: int) -> None:
        self.do(actor, "create", name, self.now, registrant=holder, authorization="right",
                nameservers=servers, ds=ds, years=years, contacts=(("tech", holder),))  # fmt: skip

    @rule(actor=ACTORS, name=NAMES, add=STATUSES, remove=STATUSES)
    def change_statuses(self, actor: str, name: str, add: Any, remove: Any) -> None:
        add, remove = self.statuses(actor, add), self.statuses(actor, remove)
        self.do(actor, "update", name, self.now, add_statuses=add, remove_statuses=remove)

    @rule(actor=ACTORS, name=NAMES, add=SERVERS, remove=SERVERS, ds=DS, away=st.booleans())
    def change_delegation(
        self, actor: str, name: str, add: Any, remove: Any, ds: Any, away: bool
    ) -> None:
        self.do(actor, "update", name, self.now, add_nameservers=add, remove_nameservers=remove,
                add_ds=ds, remove_all_ds=away)  # fmt: skip

    @rule(actor=ACTORS, name=NAMES, holder=HANDLES)
    def change_holder(self, actor: str, name: str, holder: str) -> None:
        self.do(actor, "update", name, self.now, registrant=holder)

    @rule(actor=ACTORS, name=NAMES, locked=st.booleans())
    def delete(self, actor: str, name: str, locked: bool) -> None:
        if locked:
            lock = ("serverDeleteProhibited",)
            self.do(SERVER, "update", name, self.now, add_statuses=lock)
        self.do(actor, "delete", name, self.now)

    @rule(actor=ACTORS, name=NAMES, years=st.integers(0, 10))
    def renew(self, actor: str, name: str, years: int) -> None:
        domain = self.registry.info(SERVER, name, self.now).domain
        expiry = 0 if domain is None else domain.expires
        self.do(actor, "renew", name, expiry, years, self.now)

    @rule(actor=ACTORS, name=NAMES, report=st.booleans())
    def restore(self, actor: str, name: str, report: bool) -> None:
        if self.do(actor, "restore_request", name, self.now).succeeded and report:
            self.do(actor, "restore_report", name, REPORT, self.now)

    @rule(actor=ACTORS | st.just(RIVAL), name=NAMES, secret=SECRETS, years=st.integers(0, 2),
          then=st.sampled_from(("", "approve", "reject", "update", "lock")))  # fmt: skip
    def ask(self, actor: str, name: str, secret: str, years: int, then: str) -> None:
        """Ask, and have something come between, which chance alone would seldom do."""
        asked = self.do(actor, "transfer_request", name, secret, self.now, years=years)
        if not asked.succeeded:
            return
        if then == "update":
            lock = ("clientTransferProhibited",)
            self.do(SPONSOR, "update", name, self.now, add_statuses=lock)
        elif then == "lock":
            self.order("lock", name)
        elif then:
            self.do(SPONSOR, f"transfer_{then}", name, self.now)

    @rule(actor=ACTORS, name=NAMES, word=st.sampled_from(("approve", "reject", "cancel")))
    def answer(self, actor: str, name: str, word: str) -> None:
        self.do(actor, f"transfer_{word}", name, self.now)

    @rule(actor=ACTORS, host=HOSTS, inside=st.booleans())
    def make_host(self, actor: str, host: str, inside: bool) -> None:
        addresses = ("192.0.2.1",) if inside else ()
        self.do(actor, "host_create", host, addresses, now=self.now)

    @rule(actor=ACTORS, host=HOSTS, name=st.none() | HOSTS, add=STATUSES, inside=st.booleans())
    def change_host(self, actor: str, host: str, name: str | None, add: Any, inside: bool) -> None:
        addresses = ("192.0.2.2",) if inside else ()
        add = self.statuses(actor, add)
        change = HostChange(add_statuses=add, add_addresses=addresses, name=name)
        self.do(actor, "host_change", host, change, self.now)

    @rule(actor=ACTORS, host=HOSTS)
    def drop_host(self, actor: str, host: str) -> None:
        self.do(actor, "host_delete", host, now=self.now)

    @rule(actor=ACTORS, handle=HANDLES)
    def make_contact(self, actor: str, handle: str) -> None:
        self.do(actor, "contact_create", handle, self.now, **self.person())

    @rule(actor=ACTORS, handle=HANDLES, add=STATUSES, remove=STATUSES)
    def change_contact(self, actor: str, handle: str, add: Any, remove: Any) -> None:
        add, remove = self.statuses(actor, add), self.statuses(actor, remove)
        change = ContactChange(add_statuses=add, remove_statuses=remove)
        self.do(actor, "contact_update", handle, change, self.now)

    @rule(actor=ACTORS, handle=HANDLES)
    def drop_contact(self, actor: str, handle: str) -> None:
        self.do(actor, "contact_delete", handle, self.now)

    @rule(actor=ACTORS, handle=HANDLES, secret=SECRETS,
          word=st.sampled_from(("approve", "reject", "cancel", "")))  # fmt: skip
    def move_contact(self, actor: str, handle: str, secret: str, word: str) -> None:
        if word:
            self.do(actor, f"contact_transfer_{word}", handle, self.now)
        else:
            self.do(actor, "contact_transfer_request", handle, secret, self.now)

    # --- the registry's orders ----------------------------------------------------------

    def order(self, command: str, name: str, *arguments: Any, **options: Any) -> None:
        self.registry.settle(self.now)
        before = self.objects()
        result: Result = getattr(self.registry, command)(name, *arguments, self.now, **options)
        after = self.objects()
        assert result.transaction
        if not result.succeeded:
            assert after == before, f"a refused {command} changed something"
        lost = [key for key in before if key not in after]
        assert not lost, f"{command} lost {lost}"

    @rule(name=NAMES, command=st.sampled_from((
        "hold", "release", "lock", "unlock", "undo_redelegation", "undo_reassignment",
        "cancel_registration", "undo_cancellation")))  # fmt: skip
    def order_simply(self, name: str, command: str) -> None:
        self.order(command, name)

    @rule(name=NAMES, servers=SERVERS, lift=st.booleans())
    def redelegate(self, name: str, servers: Any, lift: bool) -> None:
        self.order("redelegate", name, servers, lift_holds=lift)

    @rule(name=NAMES, servers=SERVERS, lift=st.booleans(), holder=st.none() | HANDLES)
    def reassign(self, name: str, servers: Any, lift: bool, holder: str | None) -> None:
        self.order("reassign", name, "police", nameservers=servers, lift_holds=lift,
                   registrant=holder)  # fmt: skip

    @rule(step=st.sampled_from((HOUR, DAY, 6 * DAY, 31 * DAY, 200 * DAY)))
    def wait(self, step: int) -> None:
        self.now += step
        self.registry.settle(self.now)

    # --- what holds at any time -----------------------------------------------------------

    @invariant()
    def no_domain_is_in_a_forbidden_state(self) -> None:
        for name in self.registry.names():
            domain = self.registry.info(SERVER, name, self.now).domain
            if domain is None:
                continue
            shown = [str(status) for status in domain.statuses]
            assert shown
            assert len({*shown}) == len(shown)
            assert "ok" not in shown or shown == ["ok"]
            assert ("inactive" in shown) == (not domain.nameservers)
            for one, other in NEVER_TOGETHER:
                assert not (one in shown and other in shown), shown
            assert sum(status.startswith("pending") for status in shown) <= 1
            assert ("pendingTransfer" in shown) == (domain.transfer is not None)
            assert ("pendingDelete" in shown) == (domain.purged_at is not None)
            assert domain.report_due is None or "pendingDelete" in shown
            assert domain.sponsor in (*REGISTRARS, SERVER)
            assert domain.expires <= self.now + MAXIMUM_YEARS * YEAR

    @invariant()
    def no_reference_hangs_in_the_air(self) -> None:
        registry = self.registry
        contacts = [handle for handle in ("HOLDER-1", "HOLDER-2")
                    if registry.contact_check(handle).code == Code.EXISTS]  # fmt: skip
        used: set[str] = set()
        for name in registry.names():
            domain = registry.info(SERVER, name, self.now).domain
            if domain is None:
                continue
            used |= {*domain.nameservers}
            assert {*domain.nameservers} <= {*registry.hosts()}
            assert all(handle in contacts for _role, handle in domain.contacts)
            if registry.policy.registrants_are_contacts:
                assert domain.registrant in contacts
        for host in registry.hosts():
            shown = registry.host_info(host).host
            assert shown is not None
            assert ("linked" in shown.statuses) == (host in used)
            assert "ok" not in shown.statuses or {*shown.statuses} <= {"ok", "linked"}
            assert bool(shown.addresses) == host.endswith(".xg")

    @invariant()
    def no_contact_is_in_a_forbidden_state(self) -> None:
        for handle in ("HOLDER-1", "HOLDER-2"):
            contact = self.registry.contact_info(SERVER, handle, self.now).contact
            if contact is None:
                continue
            shown = {*contact.statuses}
            assert "ok" not in shown or shown <= {"ok", "linked"}
            assert ("pendingTransfer" in shown) == (contact.transfer is not None)
            assert "pendingTransfer" not in shown or not any(
                status.endswith("TransferProhibited") for status in shown
            )

    @invariant()
    def the_zone_delegates_exactly_the_names_that_their_statuses_let_in(self) -> None:
        _serial, records = self.registry.zone_records()
        delegated = {record.name for record in records if record.type == "NS"}
        for name in self.registry.names():
            domain = self.registry.info(SERVER, name, self.now).domain
            if domain is not None and domain.report_due is None:
                away = {"clientHold", "serverHold", "inactive", "pendingDelete"}
                assert (name in delegated) == away.isdisjoint(map(str, domain.statuses))


TestRegistryMachine = RegistryMachine.TestCase
TestRegistryMachine.settings = settings(max_examples=100, stateful_step_count=40)
