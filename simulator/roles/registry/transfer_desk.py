"""The transfer commands on domains (RFC 5731 sections 3.1.3, 3.2.4) and contacts (RFC 5733)."""

from __future__ import annotations

from simulator.roles.registry import transfers
from simulator.roles.registry.answers import absent, wrong_authorization
from simulator.roles.registry.notices import Deed
from simulator.roles.registry.objects import (
    SERVER,
    Code,
    Contact,
    Domain,
    Result,
    TransferData,
)
from simulator.roles.registry.register import Register
from simulator.values import Instant, message


class TransferDesk(Register):
    """Moves objects between registrars with the holder's authInfo and the sponsor's word."""

    def transfer_request(
        self,
        actor: str,
        name: str,
        authorization: str,
        now: Instant,
        *,
        years: int | None = None,
    ) -> Result:
        """Ask for a name of another registrar, with its authInfo.

        ``years`` is by how much the transfer prolongs it; the registry's policy unless given.
        """
        deed = Deed(actor, "domain transfer", name, now)
        added = self.policy.transfer_years if years is None else years
        return self._ask(deed, self._get(name, now), authorization, added)

    def transfer_query(
        self, actor: str, name: str, now: Instant, *, authorization: str | None = None
    ) -> Result:
        """Tell how the last transfer of a name stands or ended.

        For the two registrars concerned, and whoever knows the authInfo.
        """
        return self._query(actor, "domain", self._get(name, now), name, authorization)

    def transfer_approve(self, actor: str, name: str, now: Instant) -> Result:
        """Let a name go to the registrar that asked for it."""
        deed = Deed(actor, "domain transfer", name, now)
        return self._answer(deed, "approve", self._get(name, now))

    def transfer_reject(self, actor: str, name: str, now: Instant) -> Result:
        """Keep a name that another registrar asked for."""
        deed = Deed(actor, "domain transfer", name, now)
        return self._answer(deed, "reject", self._get(name, now))

    def transfer_cancel(self, actor: str, name: str, now: Instant) -> Result:
        """Take one's own request back."""
        deed = Deed(actor, "domain transfer", name, now)
        return self._answer(deed, "cancel", self._get(name, now))

    # --- contacts -------------------------------------------------------------------

    def contact_transfer_request(
        self, actor: str, handle: str, authorization: str, now: Instant
    ) -> Result:
        """Ask for a contact of another registrar, with its authInfo."""
        deed = Deed(actor, "contact transfer", handle, now)
        return self._ask(deed, self._contact(handle, now), authorization, 0)

    def contact_transfer_query(
        self, actor: str, handle: str, now: Instant, *, authorization: str | None = None
    ) -> Result:
        """Tell how the last transfer of a contact stands or ended."""
        return self._query(actor, "contact", self._contact(handle, now), handle, authorization)

    def contact_transfer_approve(self, actor: str, handle: str, now: Instant) -> Result:
        """Let a contact go to the registrar that asked for it."""
        deed = Deed(actor, "contact transfer", handle, now)
        return self._answer(deed, "approve", self._contact(handle, now))

    def contact_transfer_reject(self, actor: str, handle: str, now: Instant) -> Result:
        """Keep a contact that another registrar asked for."""
        deed = Deed(actor, "contact transfer", handle, now)
        return self._answer(deed, "reject", self._contact(handle, now))

    def contact_transfer_cancel(self, actor: str, handle: str, now: Instant) -> Result:
        """Take one's own request for a contact back."""
        deed = Deed(actor, "contact transfer", handle, now)
        return self._answer(deed, "cancel", self._contact(handle, now))

    # --- inside ---------------------------------------------------------------------

    def _ask(
        self, deed: Deed, held: Domain | Contact | None, authorization: str, years: int
    ) -> Result:
        refusal = self._not_accredited(deed.actor)
        if refusal is not None or held is None:
            return self._keep(deed, refusal or absent(deed.name))
        result = transfers.request(held, deed.actor, authorization, years, self.policy, deed.now)
        return self._transferred(deed, held, result)

    def _answer(self, deed: Deed, word: str, held: Domain | Contact | None) -> Result:
        if held is None:
            return self._keep(deed, absent(deed.name))
        if word == "approve":
            result = transfers.approve(held, deed.actor, self.policy, deed.now)
        else:
            answer = transfers.reject if word == "reject" else transfers.cancel
            result = answer(held, deed.actor, deed.now)
        return self._transferred(deed, held, result)

    def _query(
        self,
        actor: str,
        kind: str,
        held: Domain | Contact | None,
        name: str,
        authorization: str | None,
    ) -> Result:
        if held is None:
            return absent(name)
        if authorization not in (None, held.authorization):
            return wrong_authorization(name)
        last = self._transfers.get((kind, name))
        if last is None:
            return Result(
                Code.NOT_PENDING_TRANSFER, message("{name} was never transferred", name=name)
            )
        if authorization is None and actor not in _concerned(held, last):
            return Result(
                Code.NOT_AUTHORISED,
                message("the transfer of {name} does not concern {actor}", name=name, actor=actor),
            )
        return Result(
            Code.DONE,
            message("the transfer of {name} is {status}", name=name, status=str(last.status)),
            transfer=last,
        )


def _concerned(held: Domain | Contact, last: TransferData) -> tuple[str, ...]:
    return (SERVER, held.sponsor, last.requester, last.acting)
