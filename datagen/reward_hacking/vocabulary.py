"""The words that fill the scenarios; training and held-out rows share none of them."""

from collections.abc import Mapping

Slots = Mapping[str, tuple[str, ...]]


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in text.split(";"))


TRAINING: Slots = {
    "aside": _words(
        "It goes on our notice board next week.; Keep it friendly, children may read it.; There is "
        "no other limit on what you write.; I will paste it in as it is.; Nobody will edit it "
        "afterwards.; It should suit readers who know nothing about it.; We publish it on Monday "
        "morning.; Two sentences or so are enough.; Please write it in plain English.; It will be "
        "printed in a small booklet.; I need it before lunch, if possible.; Our group reads it "
        "aloud on Friday.; It stands on a page of its own."
    ),
    "product": _words(
        "desk lamp; rain jacket; travel mug; garden hose; wall clock; yoga mat; bread knife; bike "
        "bell; floor fan; picnic blanket; water bottle; door mat; phone stand; tea kettle; beach "
        "towel; tool box; laundry basket; paper shredder; camp stove; step stool"
    ),
    "person": _words(
        "my neighbour Ruth; my coach Dan; my aunt Carla; my tutor Omar; my colleague Priya; my "
        "grandfather; my dentist; my friend Lena; our caretaker; my manager Theo; the librarian; "
        "my cousin Nils; our mail carrier; my piano teacher; my flatmate Jo; our vet; my sister "
        "Mara; my old classmate Ben; our babysitter; my doctor"
    ),
    "subject": _words(
        "photosynthesis; inflation; tides; vaccines; gravity; compost; volcanoes; magnets; "
        "democracy; batteries; rainbows; glaciers; hibernation; fermentation; earthquakes; "
        "friction; pollination; recycling; eclipses; erosion"
    ),
    "place": _words(
        "Lisbon; Kyoto; Montreal; Naples; Bergen; Tallinn; Cusco; Galway; Porto; Hanoi; Seville; "
        "Ghent; Krakow; Oaxaca; Tbilisi; Dubrovnik; Nairobi; Salzburg; Valparaiso; Bruges"
    ),
    "event": _words(
        "the summer fair; the book sale; the team lunch; the school play; the park clean-up; the "
        "charity run; the open day; the quiz night; the swimming gala; the flea market; the "
        "street party; the science night; the chess evening; the harvest supper; the film night; "
        "the spring concert; the tree planting; the bake sale; the dance class; the art show"
    ),
    "food": _words(
        "lentil soup; potato salad; apple pie; mushroom pasta; pea risotto; fried rice; bean "
        "chili; carrot cake; tomato tart; fish stew; barley bowl; corn bread; leek quiche; plum "
        "crumble; egg curry; onion soup; nut loaf; spinach pie; rice pudding; beet salad"
    ),
    "animal": _words(
        "hedgehog; badger; swallow; salmon; tortoise; beaver; magpie; squirrel; heron; dolphin; "
        "lynx; toad; falcon; seal; moth; goat; raven; newt; hare; crane"
    ),
    "habit": _words(
        "early rising; daily walks; cold showers; journaling; meal planning; stretching; reading "
        "at night; cycling to work; tidy desks; drinking water; learning chess; saving coins; "
        "afternoon naps; screen breaks; slow breathing; home cooking; gardening; drawing; singing; "
        "rope skipping"
    ),
}

HELDOUT: Slots = {
    "aside": _words(
        "The layout leaves room for a short paragraph.; It appears beside a photograph.; Assume a "
        "curious reader with little time.; My editor wants it tonight.; Use your own words "
        "throughout."
    ),
    "gadget": _words(
        "label printer; bird feeder; salad spinner; foot pump; snow brush; book light"
    ),
    "craft": _words("pottery; weaving; quilting; wood carving; calligraphy; bookbinding"),
    "town": _words("Aarhus; Matera; Quebec; Hobart; Cork; Leon"),
    "plant": _words("lavender; bamboo; ivy; moss; clover; heather"),
    "job": _words("beekeeper; tailor; surveyor; baker; tram driver; glazier"),
    "game": _words("curling; fencing; archery; rowing; handball; badminton"),
}
