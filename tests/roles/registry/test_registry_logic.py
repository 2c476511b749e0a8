"""The registry answers with the right EPP code, and for the right reason."""

import pytest

from simulator.errors import LabError
from simulator.roles.registry.logic import Registry
from simulator.roles.registry.objects import SERVER, TRANSFER_PERIOD, YEAR, Code, Domain, Grace
from simulator.roles.registry.statuses import GraceStatus, Status
from simulator.values import DAY, HOUR

NOW = 7 * HOUR
DS = "12345 13 2 " + "ab" * 32


@pytest.fixture
def registry() -> Registry:
    registry = Registry("xg", "xg-registry")
    registry.accredit("candie")
    registry.accredit("loire")
    registry.host_create("candie", "ns1.names.example")
    registry.host_create("candie", "ns2.names.example")
    made = registry.create(
        "candie",
        "coco.xg",
        NOW,
        registrant="R-1",
        authorization="secret",
        nameservers=("ns1.names.example",),
        ds=(DS,),
    )
    assert made.code == Code.DONE
    return registry


def domain(registry: Registry, name: str = "coco.xg", now: int = NOW) -> Domain:
    seen = registry.info(SERVER, name, now).domain
    assert seen is not None
    return seen


# --- registering ----------------------------------------------------------------------


def test_a_new_name_has_the_object_model_of_rfc_5731(registry: Registry) -> None:
    assert domain(registry) == Domain(
        name="coco.xg",
        roid="D1-XG",
        sponsor="candie",
        registrant="R-1",
        authorization="secret",
        created=NOW,
        updated=NOW,
        expires=NOW + YEAR,
        nameservers=("ns1.names.example",),
        statuses=(Status.OK,),
        ds=(DS,),
        created_by="candie",
        grace=(Grace(GraceStatus.ADD, NOW + 5 * DAY, 1, "candie"),),
    )
    assert "secret" not in repr(domain(registry))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("coco.xg", Code.EXISTS),
        ("free.xg", Code.DONE),
        ("www.coco.xg", Code.POLICY),
        ("coco.test", Code.POLICY),
        ("Coco.xg", Code.VALUE_SYNTAX),
        ("xg", Code.VALUE_SYNTAX),
        ("-a.xg", Code.VALUE_SYNTAX),
    ],
)
def test_check_says_what_create_would(registry: Registry, name: str, code: Code) -> None:
    assert registry.check(name, NOW).code == code
    created = registry.create("loire", name, NOW, registrant="R", authorization="x")
    assert created.code == code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"nameservers": ("ns9.names.example",)}, Code.DOES_NOT_EXIST),
        ({"years": 11}, Code.POLICY),
        ({"years": 0}, Code.POLICY),
        ({"ds": ("not ds data",)}, Code.VALUE_SYNTAX),
        ({"nameservers": tuple(f"ns{n}.many.example" for n in range(14))}, Code.POLICY),
    ],
)
def test_create_refuses(registry: Registry, options: dict[str, object], code: Code) -> None:
    for number in range(14):
        registry.host_create("candie", f"ns{number}.many.example")
    arguments = {"registrant": "R", "authorization": "x"} | options
    assert registry.create("candie", "new.xg", NOW, **arguments).code == code  # type: ignore[arg-type]
    assert registry.check("new.xg", NOW).code == Code.DONE


def test_a_stranger_registers_nothing_and_nobody_plays_the_registry(registry: Registry) -> None:
    created = registry.create("nobody", "new.xg", NOW, registrant="R", authorization="x")
    assert created.code == Code.NOT_AUTHORISED
    assert str(created.reason) == "nobody is not accredited with .xg"
    with pytest.raises(LabError, match="registry's own hand"):
        registry.accredit(SERVER)


def test_info_shows_the_authorization_to_the_sponsor_and_to_who_knows_it(
    registry: Registry,
) -> None:
    def shown(actor: str, authorization: str | None = None) -> str | None:
        result = registry.info(actor, "coco.xg", NOW, authorization=authorization)
        return None if result.domain is None else result.domain.authorization

    assert shown("candie") == "secret"
    assert shown("loire") == ""
    assert shown("loire", "secret") == "secret"
    wrong = registry.info("loire", "coco.xg", NOW, authorization="guess")
    assert (wrong.code, wrong.domain) == (Code.WRONG_AUTHORIZATION, None)
    assert registry.info("loire", "gone.xg", NOW).code == Code.DOES_NOT_EXIST


# --- who may set what, and what prohibits what ----------------------------------------


@pytest.mark.parametrize(
    ("actor", "status", "code"),
    [
        ("candie", "clientHold", Code.DONE),
        ("candie", "serverHold", Code.VALUE_RANGE),
        ("candie", "inactive", Code.VALUE_RANGE),
        ("candie", "pendingDelete", Code.VALUE_RANGE),
        ("candie", "onFire", Code.VALUE_SYNTAX),
        ("loire", "clientHold", Code.NOT_AUTHORISED),
        (SERVER, "serverHold", Code.DONE),
        (SERVER, "clientHold", Code.VALUE_RANGE),
        (SERVER, "pendingTransfer", Code.VALUE_RANGE),
    ],
)
def test_who_may_set_which_status(registry: Registry, actor: str, status: str, code: Code) -> None:
    result = registry.update(actor, "coco.xg", NOW, add_statuses=(status,))
    assert result.code == code
    assert (status in domain(registry).statuses) == (code == Code.DONE)


def test_a_registrar_cannot_take_off_what_the_registry_put_on(registry: Registry) -> None:
    registry.update(SERVER, "coco.xg", NOW, add_statuses=("serverHold",))
    result = registry.update("candie", "coco.xg", NOW, remove_statuses=("serverHold",))
    assert result.code == Code.VALUE_RANGE
    assert str(result.reason) == "serverHold is not for a registrar to set or remove"
    assert Status.SERVER_HOLD in domain(registry).statuses


def test_the_registry_may_override_a_client_status(registry: Registry) -> None:
    registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    assert registry.update(SERVER, "coco.xg", NOW, remove_statuses=("clientHold",)).changed
    assert domain(registry).statuses == (Status.OK,)


def test_an_update_lock_yields_only_to_its_own_removal(registry: Registry) -> None:
    registry.update("candie", "coco.xg", NOW, add_statuses=("clientUpdateProhibited",))
    refused = registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    assert refused.code == Code.STATUS_PROHIBITS
    assert str(refused.reason) == (
        "coco.xg has the status clientUpdateProhibited, which prohibits this"
    )
    both = registry.update(
        "candie",
        "coco.xg",
        NOW,
        remove_statuses=("clientUpdateProhibited",),
        remove_nameservers=("ns1.names.example",),
    )
    assert both.code == Code.STATUS_PROHIBITS
    opened = registry.update("candie", "coco.xg", NOW, remove_statuses=("clientUpdateProhibited",))
    assert opened.code == Code.DONE


def test_the_registrys_lock_binds_the_registrar_and_not_the_registry(registry: Registry) -> None:
    registry.update(SERVER, "coco.xg", NOW, add_statuses=("serverUpdateProhibited",))
    refused = registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    assert refused.code == Code.STATUS_PROHIBITS
    assert registry.update(SERVER, "coco.xg", NOW, add_statuses=("serverHold",)).changed


def test_an_update_that_changes_nothing_is_no_error(registry: Registry) -> None:
    registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    again = registry.update("candie", "coco.xg", NOW + 1, add_statuses=("clientHold",))
    assert (again.code, again.changed, domain(registry).updated) == (Code.DONE, False, NOW)


@pytest.mark.parametrize(
    "options",
    [
        {"add_statuses": ("clientHold",), "remove_statuses": ("clientHold",)},
        {
            "add_nameservers": ("ns2.names.example",),
            "remove_nameservers": ("ns2.names.example",),
        },
    ],
)
def test_adding_and_removing_the_same_is_refused(
    registry: Registry, options: dict[str, tuple[str, ...]]
) -> None:
    result = registry.update("candie", "coco.xg", NOW, **options)  # type: ignore[arg-type]
    assert result.code == Code.POLICY


def test_update_changes_delegation_registrant_and_authorization(registry: Registry) -> None:
    result = registry.update(
        "candie",
        "coco.xg",
        NOW + 1,
        add_nameservers=("ns2.names.example",),
        remove_nameservers=("ns1.names.example",),
        remove_ds=(DS,),
        registrant="R-2",
        authorization="fresh",
    )
    changed = domain(registry)
    assert result.domain == changed
    assert (changed.nameservers, changed.ds) == (("ns2.names.example",), ())
    assert (changed.registrant, changed.authorization, changed.updated) == ("R-2", "fresh", NOW + 1)


def test_update_wants_nameservers_that_exist_and_true_ds(registry: Registry) -> None:
    hosts = registry.update("candie", "coco.xg", NOW, add_nameservers=("ns9.names.example",))
    assert (hosts.code, str(hosts.reason)) == (
        Code.DOES_NOT_EXIST,
        "ns9.names.example does not exist",
    )
    assert registry.update("candie", "coco.xg", NOW, add_ds=("1 2 3 xyz",)).code == (
        Code.VALUE_SYNTAX
    )
    assert registry.update("candie", "gone.xg", NOW).code == Code.DOES_NOT_EXIST


def test_a_name_without_nameservers_is_inactive(registry: Registry) -> None:
    registry.update("candie", "coco.xg", NOW, remove_nameservers=("ns1.names.example",))
    assert domain(registry).statuses == (Status.INACTIVE,)
    registry.update("candie", "coco.xg", NOW, add_nameservers=("ns1.names.example",))
    assert domain(registry).statuses == (Status.OK,)


# --- the end of a name, and more of it ------------------------------------------------


@pytest.mark.parametrize("lock", ["clientDeleteProhibited", "serverDeleteProhibited"])
def test_a_delete_lock_keeps_a_name(registry: Registry, lock: str) -> None:
    actor = "candie" if lock.startswith("client") else SERVER
    registry.update(actor, "coco.xg", NOW, add_statuses=(lock,))
    assert registry.delete("candie", "coco.xg", NOW).code == Code.STATUS_PROHIBITS
    assert registry.delete(SERVER, "coco.xg", NOW).code == Code.PENDING


def test_a_deleted_name_is_free_after_thirty_five_days_and_not_before(registry: Registry) -> None:
    assert registry.delete("loire", "coco.xg", NOW).code == Code.NOT_AUTHORISED
    assert registry.delete("candie", "coco.xg", NOW).code == Code.PENDING
    end = NOW + 35 * DAY
    assert registry.check("coco.xg", end - 1).code == Code.EXISTS
    assert registry.delete("candie", "coco.xg", NOW).code == Code.STATUS_PROHIBITS
    assert registry.update("candie", "coco.xg", NOW, registrant="R-2").code == (
        Code.STATUS_PROHIBITS
    )
    assert registry.renew("candie", "coco.xg", NOW + YEAR, 1, NOW).code == Code.STATUS_PROHIBITS
    assert registry.check("coco.xg", end).code == Code.DONE
    bought = registry.create("loire", "coco.xg", end, registrant="R-9", authorization="x")
    assert bought.code == Code.DONE


def test_a_name_with_hosts_under_it_cannot_be_deleted(registry: Registry) -> None:
    registry.host_create("candie", "ns.coco.xg", ("192.0.2.1",))
    result = registry.delete("candie", "coco.xg", NOW)
    assert result.code == Code.ASSOCIATION_PROHIBITS
    assert str(result.reason) == "coco.xg has hosts under it: ns.coco.xg"


def test_renewing_twice_by_mistake_is_refused(registry: Registry) -> None:
    assert registry.renew("candie", "coco.xg", NOW + YEAR, 2, NOW).code == Code.DONE
    assert registry.renew("candie", "coco.xg", NOW + YEAR, 2, NOW).code == Code.VALUE_RANGE
    assert domain(registry).expires == NOW + 3 * YEAR
    assert registry.renew("candie", "coco.xg", NOW + 3 * YEAR, 8, NOW).code == Code.POLICY
    registry.update("candie", "coco.xg", NOW, add_statuses=("clientRenewProhibited",))
    locked = registry.renew("candie", "coco.xg", NOW + 3 * YEAR, 1, NOW)
    assert locked.code == Code.STATUS_PROHIBITS


def test_a_name_renews_itself_when_its_expiry_passes(registry: Registry) -> None:
    assert domain(registry, now=NOW + YEAR - 1).expires == NOW + YEAR
    assert domain(registry, now=NOW + YEAR).expires == NOW + 2 * YEAR


# --- transfers ------------------------------------------------------------------------


def test_a_transfer_needs_the_authorization_and_the_sponsors_word(registry: Registry) -> None:
    registry.host_create("candie", "ns.coco.xg", ("192.0.2.1",))
    wrong = registry.transfer_request("loire", "coco.xg", "guess", NOW)
    assert wrong.code == Code.WRONG_AUTHORIZATION
    asked = registry.transfer_request("loire", "coco.xg", "secret", NOW)
    assert asked.code == Code.PENDING
    assert domain(registry).statuses == (Status.PENDING_TRANSFER,)
    assert registry.transfer_request("loire", "coco.xg", "secret", NOW).code == (
        Code.PENDING_TRANSFER
    )
    assert registry.transfer_approve("loire", "coco.xg", NOW).code == Code.NOT_AUTHORISED
    assert registry.transfer_approve("candie", "coco.xg", NOW).code == Code.DONE
    assert (domain(registry).sponsor, domain(registry).statuses) == ("loire", (Status.OK,))
    assert registry.update("candie", "coco.xg", NOW).code == Code.NOT_AUTHORISED
    host = registry.host_info("ns.coco.xg").host
    assert host is not None
    assert host.sponsor == "loire"  # a subordinate host follows its domain


def test_a_transfer_may_be_rejected_or_taken_back(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    assert registry.transfer_cancel("candie", "coco.xg", NOW).code == Code.NOT_AUTHORISED
    assert registry.transfer_reject("candie", "coco.xg", NOW).code == Code.DONE
    assert registry.transfer_reject("candie", "coco.xg", NOW).code == Code.NOT_PENDING_TRANSFER
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    assert registry.transfer_cancel("loire", "coco.xg", NOW).code == Code.DONE
    assert domain(registry).sponsor == "candie"


def test_silence_lets_a_name_go_after_five_days(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    assert domain(registry, now=NOW + TRANSFER_PERIOD - 1).sponsor == "candie"
    moved = domain(registry, now=NOW + TRANSFER_PERIOD + HOUR)
    assert (moved.sponsor, moved.updated) == ("loire", NOW + TRANSFER_PERIOD)


@pytest.mark.parametrize("lock", ["clientTransferProhibited", "serverTransferProhibited"])
def test_a_transfer_lock_keeps_a_name(registry: Registry, lock: str) -> None:
    actor = "candie" if lock.startswith("client") else SERVER
    registry.update(actor, "coco.xg", NOW, add_statuses=(lock,))
    asked = registry.transfer_request("loire", "coco.xg", "secret", NOW)
    assert asked.code == Code.STATUS_PROHIBITS


def test_a_transfer_under_way_excludes_locks_deletes_and_renewals(registry: Registry) -> None:
    registry.transfer_request("loire", "coco.xg", "secret", NOW)
    locked = registry.update("candie", "coco.xg", NOW, add_statuses=("clientTransferProhibited",))
    assert locked.code == Code.STATUS_PROHIBITS
    assert registry.delete("candie", "coco.xg", NOW).code == Code.STATUS_PROHIBITS
    assert registry.renew("candie", "coco.xg", NOW + YEAR, 1, NOW).code == Code.PENDING_TRANSFER


def test_other_transfers_that_come_to_nothing(registry: Registry) -> None:
    assert registry.transfer_request("candie", "coco.xg", "secret", NOW).code == Code.COMMAND_USE
    assert registry.transfer_request("nobody", "coco.xg", "secret", NOW).code == (
        Code.NOT_AUTHORISED
    )
    assert registry.transfer_request("loire", "gone.xg", "secret", NOW).code == Code.DOES_NOT_EXIST
    assert registry.transfer_approve("loire", "gone.xg", NOW).code == Code.DOES_NOT_EXIST


# --- hosts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "name", "addresses", "code"),
    [
        ("candie", "ns.coco.xg", ("192.0.2.1", "2001:db8::1"), Code.DONE),
        ("candie", "ns.coco.xg", (), Code.POLICY),
        ("candie", "ns.coco.xg", ("192.0.2.300",), Code.VALUE_SYNTAX),
        ("candie", "ns.coco.xg", ("2001:DB8::1",), Code.VALUE_SYNTAX),
        ("loire", "ns.coco.xg", ("192.0.2.1",), Code.NOT_AUTHORISED),
        ("candie", "ns.gone.xg", ("192.0.2.1",), Code.DOES_NOT_EXIST),
        ("candie", "ns3.names.example", ("192.0.2.1",), Code.POLICY),
        ("candie", "ns1.names.example", (), Code.EXISTS),
        ("candie", "not a name", (), Code.VALUE_SYNTAX),
        ("nobody", "ns3.names.example", (), Code.NOT_AUTHORISED),
        (SERVER, "ns1.nic.xg", ("192.0.2.1",), Code.DONE),
    ],
)
def test_host_create(
    registry: Registry, actor: str, name: str, addresses: tuple[str, ...], code: Code
) -> None:
    assert registry.host_create(actor, name, addresses).code == code


def test_a_host_in_use_stays_and_a_host_is_its_sponsors(registry: Registry) -> None:
    assert registry.host_delete("candie", "ns1.names.example").code == Code.ASSOCIATION_PROHIBITS
    assert registry.host_delete("loire", "ns2.names.example").code == Code.NOT_AUTHORISED
    assert registry.host_update("loire", "ns2.names.example", ()).code == Code.NOT_AUTHORISED
    assert registry.host_delete("candie", "ns2.names.example").code == Code.DONE
    assert registry.host_delete("candie", "ns2.names.example").code == Code.DOES_NOT_EXIST
    assert registry.host_update("candie", "ns2.names.example", ()).code == Code.DOES_NOT_EXIST
    assert registry.host_info("ns2.names.example").code == Code.DOES_NOT_EXIST


def test_a_registry_is_told_of_changes_and_not_of_refusals(registry: Registry) -> None:
    heard: list[str] = []
    registry.listen(lambda: heard.append("changed"))
    registry.update("loire", "coco.xg", NOW, add_statuses=("clientHold",))
    assert heard == []
    registry.update("candie", "coco.xg", NOW, add_statuses=("clientHold",))
    assert heard == ["changed"]
    assert repr(registry) == "<Registry .xg domains=1 hosts=2>"
