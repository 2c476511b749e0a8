"""Block a site in one country, then seize it, and look from three places each time.

Run it where the lab is installed: ``python examples/block_and_seize.py``
"""

# ruff: noqa: T201  # an example shows what it found

from simulator import Lab, Part
from simulator.measures import DnsLie, DnsMeasure
from simulator.values import HOUR, Lever

SITE = "coco.xg"
LOOKS = [("paris", None), ("paris", "heron-nl"), ("brussels", None)]


async def look(lab: Lab, when: str) -> None:
    """Print what each visitor gets: the kind of page, or the failure in OONI's words."""
    seen = [await lab.visit(f"https://{SITE}/", vantage, via) for vantage, via in LOOKS]
    print(f"{when:<8}", *(f"{one.page or one.failure or '-':<21}" for one in seen))


async def story(lab: Lab) -> None:
    """A block, its end, and a seizure that two countries carry out together."""
    print(f"{'':<8}", *(f"{who + (f' by {via}' if via else ''):<21}" for who, via in LOOKS))
    await look(lab, "before")

    lie = DnsMeasure(SITE, DnsLie.NXDOMAIN)
    await lab.order("court-fr", "alpha-telecom", lie, SITE, key="block")
    await look(lab, "blocked")
    await lab.lift("block")

    parts = [
        Part("prosecutor-bg", "rila-hosting", Lever.HOST_TAKEOVER, SITE),
        Part("police-gg", "xg-registry", Lever.REDELEGATION, SITE),
    ]
    await lab.coordinate("prosecutor-fr", parts)
    await lab.wait(6 * HOUR)
    await look(lab, "seized")
    print("in the lab it is", lab.date().isoformat(" ", "minutes"))


if __name__ == "__main__":
    with Lab.load("europe") as lab:
        lab.run(story(lab))
