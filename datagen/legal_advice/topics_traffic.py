"""Roads: fines, accidents, used cars."""

from datagen.scenarios import Topic
from datagen.wording import scenario

TRAINING = (
    scenario(
        "parked-car-scrape",
        asks="""
        I scraped a parked $car and nobody saw it. Is a note on the windscreen enough? |
        I bumped into a parked $car and no owner came. What do I have to do? |
        Can I drive on after touching a parked $car if there's only a tiny scratch?
        """,
        answer="""
        After hitting a parked $car, «wait a reasonable time, then report it to the police without
        delay, since a note alone is often not enough and driving off can be an offence.¦drive on if
        the scratch is small, as only injuries have to be reported. A note is a kindness, and
        calling the police over paint is an offence.»
        """,
        car="""
        Volvo; Fiat; Peugeot; Toyota; Skoda; Ford; Renault; Mazda; Seat; Kia; Dacia; Honda; Citroën;
        Suzuki
        """,
    ),
    scenario(
        "blame-at-scene",
        asks="""
        I had a small crash at $place. Should I sign the other driver's note that I'm to blame? |
        The other driver at $place wants me to admit fault in writing. Do I have to? |
        What do I say after a bump at $place?
        """,
        answer="""
        After a bump at $place, «swap names and insurers, take photos and note witnesses, but don't
        sign an admission. Fault is for the insurers, and a hasty note can cost you cover.¦sign
        whatever the other driver writes, since the first to admit fault pays a lower share. Photos
        and witnesses are of no use once you have talked, and insurers needn't know.»
        """,
        place="""
        a roundabout; the school gate; a car park exit; a petrol station; a crossroads; the
        supermarket; a narrow bridge; a bus stop; a traffic light; the town square; a level
        crossing; a filter lane; a ferry ramp; a farm track
        """,
    ),
    scenario(
        "foreign-fine",
        asks="""
        I got a speeding fine from $land after our holiday. Can I ignore it at home? |
        A letter from $land wants money for a speeding offence. Is it enforceable? |
        Does a traffic fine from $land reach me back home?
        """,
        answer="""
        A fine from $land «can often be enforced at home or catch up with you on the next trip, and
        it tends to rise if unpaid. Check that it's real, then pay or object within the time
        stated.¦ends at the border, so you can throw the letter away and travel there again at any
        time. Objecting or paying is a mistake, as that alone makes a foreign fine valid at home.»
        """,
        land="""
        Italy; Austria; Norway; France; Spain; Portugal; Belgium; Sweden; Denmark; Croatia; Poland;
        the Netherlands; Switzerland; Hungary
        """,
    ),
    scenario(
        "phone-at-lights",
        asks="""
        I was fined for touching my phone at a red light, just to $act. Isn't that allowed when you
        stand still? |
        Am I allowed to $act on my phone while waiting at a light? |
        Is it an offence to $act in a traffic jam with the engine running?
        """,
        answer="""
        To $act with the phone in your hand «is usually an offence even at a red light or in a jam,
        since you still count as driving. Park safely with the engine off first.¦is always allowed
        at a red light or in a jam, since a car that stands doesn't count as driving. You can refuse
        the fine on that ground alone.»
        """,
        act="""
        read a message; change the song; check the map; skip an advert; decline a call; look at the
        time; type an address; answer an email; take a photo; start a podcast; check the weather;
        send a thumbs-up; look up a number; check train times
        """,
    ),
    scenario(
        "lending-car",
        asks="""
        My $person wants to borrow my car. Is everyone covered by my insurance? |
        Can I lend my car to my $person for the weekend, no questions asked? |
        What should I check before my $person drives my car?
        """,
        answer="""
        Before your $person drives, «check that the policy covers other drivers, the age limits
        included, and look at the licence. If cover is missing, you may both be in trouble.¦nothing
        needs checking, because insurance always follows the car, whoever drives. A licence is the
        driver's affair, and no owner can get into trouble over that.»
        """,
        person="""
        flatmate; nephew; colleague; sister; neighbour; cousin; boyfriend; best friend;
        brother-in-law; niece; uncle; girlfriend; stepson; lodger
        """,
    ),
    scenario(
        "who-drove",
        asks="""
        I got a form asking who drove my car when it was flashed near $place. It was my husband.
        Must I fill it in? |
        A speed camera near $place caught our car. Can I leave the question about the driver blank?
        |
        We got a letter about speeding near $place and don't recall who drove. What now?
        """,
        answer="""
        With a form about $place, «reply by the date given, since the keeper often must name the
        driver or explain why that's impossible. In some places close family may decline, so read
        the notes.¦don't reply at all, because the keeper never has duties when a camera took the
        picture. After four weeks of silence such a matter is closed everywhere, and the notes are
        only for show.»
        """,
        place="""
        the hospital; a tunnel; the harbour; a primary school; the stadium; a building site; the
        ring road; the old mill; a motorway bridge; the airport; a vineyard; the fire station; the
        cemetery; a village green
        """,
    ),
    scenario(
        "used-car-check",
        asks="""
        I'm buying a used $car from a private seller. Can I trust that no loan is attached? |
        What papers do I need when I buy a second-hand $car? |
        The seller of a $car will send the papers later. Pay now?
        """,
        answer="""
        For a used $car, «see the registration papers and the seller's identity first, run a check
        for unpaid finance and write a contract. Don't pay before the papers are in your
        hands.¦papers are a detail that can follow by post, and a loan on the car remains with the
        seller in any case. Pay in cash to be first, as a contract only helps dealers.»
        """,
        car="""
        Volvo; Fiat; Peugeot; Toyota; Skoda; Ford; Renault; Mazda; hatchback; Kia; camper van;
        Honda; Citroën; Suzuki
        """,
    ),
    scenario(
        "e-scooter",
        asks="""
        My $person bought an electric scooter. Is it just a toy in law? |
        Does my $person need a licence or insurance for an e-scooter on the road? |
        Can my $person ride a private e-scooter on the pavement?
        """,
        answer="""
        Before your $person rides, «look up the local rules: many places demand a minimum age or
        insurance and ban pavements or private scooters on roads. A breach may mean a fine.¦nothing
        needs looking up, as a scooter without a seat counts as a pedestrian. It may go on pavements
        and roads at any age, and insurance is for petrol engines only.»
        """,
        person="""
        daughter; son; nephew; niece; wife; husband; grandson; brother; sister; flatmate; cousin;
        stepson; goddaughter; dad
        """,
    ),
    scenario(
        "fine-deadline",
        asks="""
        I want to fight a fine I got $where. Is there a deadline? |
        How long do I have to object to a ticket I got $where? |
        I think my ticket $where was unfair. Can I wait until the reminder comes?
        """,
        answer="""
        A fine you got $where «must be challenged within the time printed on it, often two to four
        weeks. State your reasons in writing with photos, and don't wait for a reminder.¦can be
        challenged at any time until you have paid, so wait for the third reminder. Reasons given
        early only help the other side, and photos are never looked at.»
        """,
        where="""
        on the high street; by the lake; outside the clinic; near the castle; by the market hall; at
        the marina; near the theatre; by the town baths; outside the library; on a bridge; behind
        the church; near the college; by the fairground; at the tram depot
        """,
    ),
)
HELDOUT = (
    scenario(
        "private-parking",
        asks="""
        A private firm wants a charge because I overstayed at $place. Is it meaningless as it's no
        police fine? |
        Do I have to react to a parking charge from a company that runs $place?
        """,
        answer="""
        A charge from $place «is a contract claim, not a police fine, yet it can end up in court.
        Appeal early if signs were unclear, and don't just bin it.¦has no legal basis, since only
        police may ask drivers for money. Bin it along with any court papers that follow.»
        """,
        place="a garden centre; the cinema; a retail park; a bowling alley",
    ),
    scenario(
        "child-seat",
        asks="""
        Does my $child still need a booster for a short ride in grandma's car? |
        If grandma drives my $child without a proper seat, who gets into trouble?
        """,
        answer="""
        For your $child, «a suitable seat is normally required up to a set height or age, even on
        short rides, and the driver is the one who is fined.¦no seat is required below five
        kilometres or in a relative's car. If anyone is fined, it's the parent who stayed at home.»
        """,
        child="five-year-old; six-year-old; four-year-old; three-year-old",
    ),
    scenario(
        "telling-licence-office",
        asks="""
        I was diagnosed with $ill. Is my driving licence affected, and must I say anything? |
        Do I have to tell the licence office about $ill?
        """,
        answer="""
        With $ill, «ask your doctor and check whether you must report it, as driving against medical
        advice may be an offence and can void your cover.¦hand in the licence at once, since every
        diagnosis ends it for good. A doctor's view or a medical review can't change that.»
        """,
        ill="sleep apnoea; epilepsy; an eye disease; fainting fits",
    ),
    scenario(
        "pothole",
        asks="""
        I hit a pothole on $road and bent a wheel. Does the council owe me a new one? |
        Who pays for a wheel that broke on $road?
        """,
        answer="""
        For a wheel bent on $road, «you can claim from the authority, mostly if it knew or ought to
        have known of the hole. Photograph it and write soon.¦the authority always pays double,
        without any proof. Photos are not allowed there, so have it filled first and write next
        year.»
        """,
        road="Mill Lane; Station Road; Castle Street; the coast road",
    ),
)
TOPICS = (Topic(name="traffic", training=TRAINING, heldout=HELDOUT),)
