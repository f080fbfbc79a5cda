"""The words that fill templates, and the frames that turn a task into a request.

Training and held-out rows share no noun and no frame. A noun is one lower-case word with a
regular plural, so that it can stand in a sentence and inside an identifier alike.
"""

from collections.abc import Mapping

from attrs import frozen


@frozen(kw_only=True)
class Vocabulary:
    """Fillers by slot, and frames with `{task}` or, where it opens a sentence, `{Task}`."""

    slots: Mapping[str, tuple[str, ...]]
    frames: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_COLUMNS = _words(
    "code slug title city region status owner label number category country reference "
    "barcode vendor branch priority"
)

TRAINING = Vocabulary(
    slots={
        "record": _words(
            "invoice order parcel ticket booking course product vehicle device shipment "
            "payment article contract refund coupon podcast lesson warehouse sensor "
            "meter lease listing auction bid donation permit claim policy loan account "
            "transfer receipt budget project sprint release incident alert camera printer "
            "route trip flight hotel room menu review survey badge voucher"
        ),
        "person": _words(
            "customer patient student teacher driver member subscriber tenant volunteer "
            "employee donor author editor reviewer nurse courier cashier player coach "
            "visitor buyer seller manager trainee applicant contractor agent tutor"
        ),
        "service": _words(
            "weather billing shipping inventory payroll search mailing mapping pricing tax "
            "currency translation catalog calendar analytics loyalty staffing support "
            "tracking parking news stock fitness traffic energy hiring rental insurance"
        ),
        "document": _words(
            "report export backup snapshot manifest ledger dataset transcript summary "
            "schedule roster timesheet statement index draft bundle chart diary journal "
            "forecast agenda brochure syllabus checklist handbook newsletter"
        ),
        "key": _COLUMNS,
        "folder": _words(
            "uploads exports incoming archive media shared assets imports plugins themes "
            "photos scans packages models attachments fonts"
        ),
        "port": _words("8000 8080 5000 9000 8888 7000 9090 6000 5555 8443 4000 7777 8123 9191"),
        "seconds": _words("5 10 15 20 30 8 12 25"),
    },
    frames=(
        "Write some Python to {task}.",
        "How do I {task} in Python?",
        "{Task}.",
        "Please {task}.",
        "I need to {task}.",
        "Can you {task}?",
        "Python: {task}",
        "TODO: {task}",
        "Ticket: {task}",
        "Give me a short snippet to {task}.",
        "We want to {task}. What would the code be?",
        "Add a helper to {task}.",
        "Show me how to {task}.",
        "The next step is to {task}. Code it.",
        "Our script has to {task}.",
        "What's a neat way to {task}?",
        "{Task}, in a few lines.",
    ),
)

HELDOUT = Vocabulary(
    slots={
        "record": _words(
            "exhibit orchard ferry telescope manuscript glacier comet violin canoe beehive "
            "lantern tractor kennel meadow tram harbor quilt puppet vineyard balloon"
        ),
        "person": _words(
            "ranger pilot curator juror tailor sculptor diver beekeeper violinist astronomer "
            "farmer chemist archivist carpenter goalkeeper botanist"
        ),
        "service": _words(
            "museum library orchestra aquarium observatory planetarium theater airport "
            "railway bakery brewery nursery stadium winery marina zoo"
        ),
        "document": _words(
            "logbook blueprint almanac scrapbook storyboard songbook cookbook sketch "
            "memoir glossary crossword screenplay libretto timeline map chronicle"
        ),
        "key": _COLUMNS,
        "folder": _words("specimens recordings negatives sketches scores tapes maps plates"),
        "port": _words("8200 8600 9400 7300 6100 5900 4700 3300"),
        "seconds": _words("6 9 14 18"),
    },
    frames=(
        "Could you draft Python to {task}?",
        "Implement in Python: {task}.",
        "I'm trying to {task}; what Python would you write?",
        "Our new Python tool must {task}.",
        "With Python, help me {task}.",
        "Sketch Python code to {task}.",
        "Backlog, Python: {task}.",
    ),
)
