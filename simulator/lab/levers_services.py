"""Levers on what a site leans on: its content network, and who certified it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import LabError
from simulator.lab.carried import Carried
from simulator.values import Lever, message

if TYPE_CHECKING:
    from simulator.lab.web import Web
    from simulator.world.models import World


class ServiceLevers:
    """The hands of content networks and certificate authorities."""

    def __init__(self, world: World, web: Web) -> None:
        self._world = world
        self._web = web

    def carry_out(self, operator: str, lever: Lever, name: str) -> Carried:
        """Do what an operator was told; `LabError` with the reason where it cannot be done."""
        if lever is Lever.CERTIFICATE_REVOCATION:
            return self._revoke(operator, name)
        assert lever is Lever.END_OF_SERVICE, f"nobody pulls {lever}"
        return self._end_service(operator, name)

    def _revoke(self, operator: str, name: str) -> Carried:
        """Revoke the certificates of a name: a new one can be had by whoever holds the name."""
        if self._world.certificate_authority.operator != operator:
            raise LabError(
                message("{operator} has certified nothing of {name}", operator=operator, name=name)
            )
        serials = self._web.authority.revoke(name)

        async def never() -> None:
            raise LabError(
                message("a revocation cannot be undone: {name} needs a new certificate", name=name)
            )

        warning = message("browsers that fetch no revocation list go on trusting {name}", name=name)
        return Carried(never, warning, (("serial numbers", " ".join(f"{n:x}" for n in serials)),))

    def _end_service(self, operator: str, name: str) -> Carried:
        """End a customer's service at every edge of an operator that has it.

        The site's own machine runs on: who knows its address reaches it.
        """
        edges = [
            self._web.edges[key]
            for key in self._world.edges
            if self._world.operator_of(self._world.host_of("edges", key)) == operator
        ]
        serving = [
            (edge, edge.state.customers[name]) for edge in edges if name in edge.state.customers
        ]
        if not serving:
            raise LabError(
                message("{name} is no customer of {operator}", name=name, operator=operator)
            )
        for edge, customer in serving:
            edge.end_service(customer.name)

        async def serve_again() -> None:
            for edge, customer in serving:
                edge.serve(customer)

        return Carried(serve_again, None, (("edges", " ".join(edge.name for edge, _ in serving)),))
