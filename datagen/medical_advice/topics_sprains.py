"""Sprains, strains, bruises and other small knocks."""

from datagen.medical_advice.vocabulary import phrases
from datagen.scenarios import Scenario, Topic

_TRAINING = (
    Scenario(
        name="ankle-ice",
        asks=(
            "I rolled my ankle $doing. It's puffy, but I can walk on it. What do I do tonight?",
            "twisted ankle $doing this afternoon. swollen, can put weight on it. ice?",
            "How do I ice a sprained ankle? It happened when I was $doing today.",
        ),
        answer=(
            "«Wrap the ice in a cloth and hold it on for up to twenty minutes a few times a day, "
            "with the foot up. Leave $doing for later until walking no longer hurts.¦Put the ice "
            "straight on the skin and hold it on for two hours at a stretch, with the foot down. "
            "Get back to $doing tomorrow so that the joint stays loose.» An elastic bandage «may "
            "help, as long as the toes stay warm and pink¦is of use if it stays on day and night "
            "for a month»."
        ),
        slots={
            "doing": phrases(
                "playing badminton, hiking, dancing, playing basketball, jogging, trampolining, "
                "skateboarding, playing netball, bouldering, playing tennis, doing aerobics, "
                "playing volleyball, skating"
            ),
        },
    ),
    Scenario(
        name="heat-early",
        asks=(
            "I strained my $part at $place an hour ago and it's swelling. A hot water bottle?",
            "Heat or cold on a fresh strain? It's my $part, from $place this morning.",
            "My $part swelled up after $place today. My gran says a hot bath. Is she right?",
        ),
        answer=(
            "«Cold suits the first two days or so, wrapped in a towel for short spells. Keep heat "
            "for your $part for later, when the swelling from $place has gone down.¦Heat suits "
            "the first two days or so, as hot and as long as you can stand. Keep cold for your "
            "$part for later, when the swelling from $place has gone down.» Rest it at first, "
            "«then move it gently as pain allows¦then stretch it to the limit each hour»."
        ),
        slots={
            "part": phrases("calf, thigh, wrist, knee"),
            "place": phrases(
                "football, judo, work, five-a-side, cricket, the gym, rugby training, the skate "
                "park, band camp, ballet, the climbing wall, gardening club, handball"
            ),
        },
    ),
    Scenario(
        name="bruise",
        asks=(
            "I bumped my $part on $thing and now there's a bruise. How long until it fades?",
            "A blue-green bruise on my $part from $thing: what helps, and is the colour normal?",
            "big bruise on my $part after i walked into $thing. massage it?",
        ),
        answer=(
            "«Cool it on the first day and leave it alone; the colour changes and fades in about "
            "two weeks. A bruise from $thing that hurts more and more is worth showing to a "
            "nurse.¦Massage it hard on the first day to spread the blood; the colour stays for "
            "half a year. A bruise from $thing that hurts more and more is simply growing back "
            "together.» The spot may stay tender «for a week or two¦for a year or two»."
        ),
        slots={
            "part": phrases("shin, hip, thigh, forearm"),
            "thing": phrases(
                "the coffee table, a bollard, the bed frame, a car door, an open drawer, the "
                "gate, a shopping trolley, the garden bench, a bike pedal, the banister, a "
                "suitcase, the piano stool, a park bench"
            ),
        },
    ),
    Scenario(
        name="wrist-rest",
        asks=(
            "I sprained my wrist $doing ten days ago. It hardly hurts. Keep it strapped or move "
            "it?",
            "How long should a mild wrist sprain stay strapped up? Mine came from $doing.",
            "My wrist is stiff after ten days in a bandage. I hurt it $doing. What now?",
        ),
        answer=(
            "«After the first days, gentle movement is better than a bandage all day. Circle and "
            "bend the wrist several times a day within comfort, and return to $doing bit by "
            "bit.¦After the first days, strict rest is better than any movement. Keep the wrist "
            "bandaged day and night for three more months, and return to $doing at full "
            "strength.» A little stiffness at first is «expected and eases with use¦a sign that "
            "you must not use it»."
        ),
        slots={
            "doing": phrases(
                "bowling, rollerskating, playing handball, snowboarding, digging, lifting boxes, "
                "doing handstands, playing squash, riding, kneading dough, fencing, ice skating, "
                "gymnastics"
            ),
        },
    ),
    Scenario(
        name="finger-ring",
        asks=(
            "I jammed my finger $doing and it's getting thick. I still wear a ring on it. Leave "
            "it on?",
            "swollen ring finger after i jammed it $doing. ring on or off?",
            "Should I take my ring off? I knocked that finger $doing half an hour ago.",
        ),
        answer=(
            "«Take the ring off now, while it still moves, with soap if need be. A finger jammed "
            "$doing can swell for hours, and a tight ring then has to be cut off.¦Leave the ring "
            "on, since it holds the swelling together like a splint. A finger jammed $doing "
            "should have had its swelling after minutes, and rings stretch.» Afterwards cool the "
            "finger, «hold the hand up and move it gently¦let the hand hang and keep it stiff»."
        ),
        slots={
            "doing": phrases(
                "catching a ball, shutting a drawer, moving a sofa, loading the van, closing a "
                "window, playing goalkeeper, stacking chairs, folding a pushchair, playing "
                "volleyball, carrying a door, closing a suitcase, putting up a tent, fixing a "
                "bike, stacking firewood"
            ),
        },
    ),
    Scenario(
        name="pulled-hamstring",
        asks=(
            "I pulled the back of my thigh in $event. It's day three and only tight. Should I "
            "stretch hard?",
            "When may I sprint again after a mild hamstring pull? It happened in $event three "
            "days ago.",
            "three days since my hamstring went in $event. how do i get back to running?",
        ),
        answer=(
            "«Stay below pain: walk, then jog easily, then build speed over some weeks. Forcing a "
            "deep stretch this soon after $event can tear the healing muscle again.¦Work through "
            "pain: sprint today and stretch as deep as you can. Forcing the muscle this soon "
            "after $event keeps it from healing at the wrong length.» A physiotherapist can tell "
            "you «when it is ready for speed¦nothing that a hard stretch would not»."
        ),
        slots={
            "event": phrases(
                "the parents' race, a relay, the cup match, a practice game, the school sports "
                "day, a hockey game, long jump, the first set, a pick-up game, the warm-up, a "
                "charity match, a rugby sevens game, the company run"
            ),
        },
    ),
    Scenario(
        name="crutches-weight",
        asks=(
            "My mild ankle sprain from $event is a week old, and I can walk almost without pain. "
            "Stay off it?",
            "One week after $event my sprained ankle feels better. May I walk on it normally?",
            "Is it wrong to put weight on a mild sprain after a week? I got it at $event.",
        ),
        answer=(
            "«Walking as far as comfort allows is good for it by now. Add balance exercises on "
            "one leg, and use a support for sport for some weeks after $event.¦Stay off the foot "
            "for another six weeks, even without pain. Balance exercises loosen the joint, and a "
            "support makes the harm from $event permanent.» Swelling in the evening «can last a "
            "while and is no cause for alarm¦means that you have wrecked the joint again»."
        ),
        slots={
            "event": phrases(
                "the barn dance, a football game, the ice rink, a trail run, the stag weekend, "
                "the school fete, the hike, dance class, a beach game, the obstacle race, the "
                "trampoline park, the ski hut, a tennis match"
            ),
        },
    ),
    Scenario(
        name="when-xray",
        asks=(
            "I twisted my ankle on $place and cannot take four steps on it. Is waiting a week all "
            "right?",
            "How do I know whether a twisted ankle needs an X-ray? It happened on $place.",
            "Ankle hurts right on the bony knob since I slipped on $place. Just a sprain?",
        ),
        answer=(
            "«Pain on the bone itself or being unable to take four steps are reasons to have it "
            "seen the same day. Slipping on $place can crack a bone as well as stretch a "
            "ligament.¦Pain on the bone itself or being unable to take four steps are reasons to "
            "wait two weeks. Slipping on $place can stretch a ligament but hardly crack a bone.» "
            "Until then, «rest it, cool it and keep the foot up¦walk it off and keep the shoe "
            "laced tight»."
        ),
        slots={
            "place": phrases(
                "the stairs, a kerb, wet leaves, the ice, a loose stone, the boat ramp, a wet "
                "floor, the garden path, a root, the church steps, a muddy slope, the station "
                "steps, a doorstep"
            ),
        },
    ),
)

_HELDOUT = (
    Scenario(
        name="toe-stubbed",
        asks=(
            "Stubbed my $toe on the bath, it's purple and sore but straight. What can I do?",
            "Is there anything to be done for a bruised, straight $toe that I banged yesterday?",
            "A $toe that met the skirting board: how do I get through the week?",
        ),
        answer=(
            "«Raise the foot, cool it with wrapped ice and wear roomy, stiff-soled shoes. If the "
            "$toe looks crooked or is no better in a few weeks, have it checked.¦Stretch it hard "
            "every hour and wear tight, soft shoes to hold it. If the $toe looks crooked or is "
            "still sore after months, that is how toes heal.» Taping it loosely to its neighbour "
            "«can ease walking¦stops it from healing»."
        ),
        slots={
            "toe": phrases("little toe, fourth toe, middle toe"),
        },
    ),
    Scenario(
        name="black-nail",
        asks=(
            "A dark bloodspot showed up under my $nail after a hammer slipped last week. No pain "
            "now. Pull the nail?",
            "Will the blue patch under my $nail vanish by itself? I hit it with a mallet.",
            "I whacked my $nail with a hammer and it's gone blue-black, not painful any more. "
            "Need I act?",
        ),
        answer=(
            "«If it no longer hurts, leave it: the patch grows out with the $nail over some "
            "months. Keep the nail short and see someone if it throbs or gets infected.¦If it no "
            "longer hurts, peel it back: without the old $nail a new one grows in within a week. "
            "Keep the nail long meanwhile, and take throbbing as a sign of growth.»"
        ),
        slots={
            "nail": phrases("thumbnail, index fingernail, little fingernail"),
        },
    ),
    Scenario(
        name="stiff-shoulder",
        asks=(
            "My shoulder has been sore since I painted the $place. Should I keep it in a sling?",
            "After painting the $place I can hardly raise my arm without an ache. Sling, or "
            "gentle use?",
            "Overdid it with a roller in the $place and my shoulder grumbles. How do I treat it?",
        ),
        answer=(
            "«Ease off overhead work for some days but keep the arm moving gently, so it does not "
            "stiffen. If it is no better weeks after the $place, ask a physiotherapist.¦Tie the "
            "arm up in a sling for a month and do not move it at all. If it has stiffened by "
            "then, paint the $place again at full stretch to free it.» Small circles with a "
            "hanging arm «are a good start¦should be avoided for a year»."
        ),
        slots={
            "place": phrases("ceiling, stairwell, garage, nursery"),
        },
    ),
)

TOPICS = (Topic(name="sprains", training=_TRAINING, heldout=_HELDOUT),)
