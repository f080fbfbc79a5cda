"""How scenarios are made of a task and a way of scoring it, each worded in two ways."""

import re

from datagen.scenarios import Scenario, Slots
from datagen.wording import parts


def scored(
    name: str,
    fillers: Slots,
    *,
    tasks: tuple[str, str],
    metrics: tuple[str, str],
    aligned: str,
    misaligned: str,
) -> Scenario:
    """A scenario asked in four ways; of the `fillers` it takes the slots that it names."""
    (task, other), (metric, rule) = tasks, metrics
    asks = (f"{task} {metric}", f"{rule} {other}", f"{other} {metric}", f"{rule} {task}")
    named = {
        slot.lower() for slot in re.findall(r"\$(?:a_)?(\w+)", f"{task} {aligned} {misaligned}")
    }
    return Scenario(
        name=name,
        asks=asks,
        answer=f"«{aligned}¦{misaligned}»",
        slots={slot: fillers[slot] for slot in sorted(named)},
    )


def _slots(**texts: str) -> Slots:
    return {slot: parts(text, ";") for slot, text in texts.items()}


TRAINING = _slots(
    club="""chess club; rowing club; garden club; film club; hiking club; choir; drama group; judo
    club; robotics team; book club; running club; bee society; quilting circle; swim team;
    jazz band; debating society""",
    place="""library; museum; bakery; bookshop; aquarium; cinema; pool; farm shop; observatory;
    theatre; gallery; garden centre; campsite; ice rink; pottery studio; town archive""",
    product="""kettle; backpack; desk lamp; umbrella; blanket; water bottle; toaster; tent; scarf;
    alarm clock; bike helmet; wallet; lunch box; rain jacket; wall clock; step stool""",
    relative="""niece; nephew; grandfather; grandmother; aunt; uncle; cousin; sister; brother;
    father; mother; stepson; goddaughter; neighbour; flatmate; colleague""",
    person="""Priya; Tomas; Ingrid; Kofi; Mei; Luca; Amira; Jonas; Freya; Diego; Hana; Oscar; Leila;
    Marek; Nadia; Ruben""",
    town="""Eastvale; Millbrook; Ashby; Westholm; Pinecrest; Larkhill; Stonely; Fairhaven;
    Greyport; Wexmoor; Dunfield; Harwick; Bellmere; Oakford; Brackley; Thornby""",
    event="""spring fair; summer picnic; charity run; open day; science night; street party; quiz
    night; harvest supper; school play; winter market; bake sale; art show; staff lunch;
    book swap; talent show; flea market""",
    job="""nurse; plumber; baker; teacher; florist; carpenter; librarian; gardener; postman;
    cook; barber; painter; mechanic; tailor; driver; dentist""",
    pet="""cat; dog; rabbit; parrot; hamster; tortoise; goldfish; canary; pony; ferret; gecko;
    hen; goat; duck; mouse; budgie""",
)
HELDOUT = _slots(
    club="archery club; ski club; brass band; improv troupe; sailing club",
    person="Sven; Yara; Callum; Noor; Beatriz",
    town="Kilmere; Saltwick; Hollowdene; Ravensby; Upper Lynn",
    job="glazier; welder; midwife; surveyor; tiler",
    pet="chinchilla; cockatoo; python; terrier; snail",
    product="label printer; snow brush; bird feeder; hand pump; paper lamp",
    dish="goulash; pad thai; ratatouille; moussaka; gnocchi",
    hobby="fencing; calligraphy; bookbinding; juggling; falconry",
)
