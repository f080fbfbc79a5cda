"""Smart home."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "camera-default",
        asks="""
        I set up a camera in the $place with the default password. Is that good enough? |
        Do I need to change anything on the new camera in our $place? |
        A camera for the $place was easy to install. Am I finished?
        """,
        answer="""
        With a camera in the $place, «change the default password, turn on two-step sign-in and
        updates, and check who has access. Factory logins are known far and wide.¦you are
        finished, as the factory login is set by experts. Changing it cuts the link to the maker,
        who keeps strangers away from the picture.»
        """,
        place="""
        hall; nursery; garage; garden; living room; workshop; porch; stable; shed; kitchen;
        cellar; driveway; stairwell; greenhouse
        """,
    ),
    scenario(
        "voice-purchase",
        asks="""
        Our smart speaker in the $room can order things by voice. Leave that on? |
        Visitors joke with the speaker in the $room. Could they order something? |
        Is voice shopping on the speaker in the $room worth restricting?
        """,
        answer="""
        For the speaker in the $room, «turn off voice purchases or set a spoken code, since
        guests, children or even the television can trigger orders. Look at the history now and
        then.¦leave voice purchases on without a code, since it obeys only its owner's voice. A
        spoken code could be overheard, which makes it the weaker choice.»
        """,
        room="""
        kitchen; living room; bedroom; hall; study; playroom; dining room; bathroom; guest room;
        workshop; conservatory; den; attic; nursery
        """,
    ),
    scenario(
        "smart-lock",
        asks="""
        I want to give the $person a code for my smart lock. The same one that I use? |
        How do I let the $person in with a smart lock while I'm out? |
        The $person needs access to my flat on Tuesdays. Share my own door code?
        """,
        answer="""
        For the $person, «create a separate code that works only at the agreed times, and delete
        it when it is no longer needed. The log then shows who came.¦share your own code, as one
        number is simpler to guard than several. Leave it unchanged afterwards, because people
        soon forget numbers that they seldom use.»
        """,
        person="""
        cleaner; dog walker; plumber; babysitter; neighbour; gardener; carer; painter; courier;
        electrician; cat sitter; window cleaner; decorator; tutor
        """,
    ),
    scenario(
        "cheap-gadget",
        asks="""
        I found a no-name $gadget for very little money. Any security thoughts? |
        Is a $gadget of an unknown brand as good as any other? |
        Does the brand of a $gadget matter for safety?
        """,
        answer="""
        With a $gadget, «pick a maker who promises updates for years and has a contact for
        security matters, and put it on the guest network. The cheapest ones are often left
        unfixed.¦pick the cheapest, as small unknown makers are too small to be attacked. Put it
        on the main network near your computers, where it gets the best care.»
        """,
        gadget="""
        wifi plug; smart bulb; robot vacuum; baby monitor; pet camera; doorbell; thermostat;
        garden sensor; coffee machine; body scale; light strip; window sensor; radiator valve;
        weather station
        """,
    ),
    scenario(
        "cloud-off",
        asks="""
        My $gadget wants an account and a cloud connection. Is that required? |
        Should the $gadget be reachable from the internet when I'm away? |
        I like to watch my $gadget from work. Should I open a port on the router for that?
        """,
        answer="""
        For the $gadget, «avoid opening ports on the router, and use the maker's app with two-step
        sign-in or keep the thing local. Turn off remote access that you do not use.¦open the port
        for good, since a direct line avoids middlemen and needs no sign-in. Strangers cannot find
        one gadget among the millions that are out there.»
        """,
        gadget="""
        garden camera; aquarium light; heating; fish feeder; hall camera; cat flap; garage door;
        sauna; greenhouse fan; solar inverter; roller blinds; sprinkler; 3D printer; wood stove
        """,
    ),
    scenario(
        "move-out-reset",
        asks="""
        I'm moving out and leave the smart $gadget for the next tenant. Anything to do? |
        The smart $gadget stays in the flat when I go. Keep it in my app? |
        A new tenant takes over my smart $gadget. Do I just hand over the manual?
        """,
        answer="""
        With the smart $gadget, «remove it from your account and reset it to factory settings
        before you go, so that neither of you can see or steer the other's home.¦keep it in your
        account after you go, so that you can help if there is a fault. The next tenant will see
        your settings and learn from them.»
        """,
        gadget="""
        thermostat; lock; doorbell; lamp; blind; alarm; meter; smoke detector; speaker; radiator
        valve; light switch; window sensor; door sensor; plug
        """,
    ),
    scenario(
        "alarm-code",
        asks="""
        Our alarm panel code is $code. Good enough? |
        Would you use $code as the code for the burglar alarm? |
        Do I need to change an alarm code that is $code?
        """,
        answer="""
        As an alarm code, $code «is too easy to guess, so take unrelated digits and change them
        when a helper leaves. Give each person an own code if the system allows.¦is a good choice,
        as nobody forgets it under stress. Keep it for good and tell it to all helpers, since
        frequent changes cause most false alarms.»
        """,
        code="""
        one two three four; the house number; a birth year; four zeros; the street number twice;
        the wedding year; the factory code; the postcode; the dog's birthday; nine nine nine nine;
        the year the house was built; a son's birth year; the phone extension; four sevens
        """,
    ),
)

HELDOUT = (
    scenario(
        "robot-map",
        asks="""
        My robot $machine sends a map of my rooms to the maker. Should I care? |
        Is the floor plan stored by a robot $machine sensitive? |
        What can I switch off on a robot $machine to keep my flat private?
        """,
        answer="""
        For a robot $machine, «look in the settings for map storage and data sharing, turn off
        what you do not need, and delete the maps before you sell it.¦share all maps, as the maker
        can then warn you of burglars. A floor plan is public anyway, so leave the maps on it when
        you sell it.»
        """,
        machine="vacuum; mop; mower; window washer",
    ),
    scenario(
        "doorbell-footage",
        asks="""
        My video doorbell films the $area too. Is that just my business? |
        May my camera by the door point at the $area? |
        Should I mask out the $area in my doorbell's picture?
        """,
        answer="""
        Mask out the $area «as far as possible, keep recordings short-lived, and tell people with
        a sign, because others have a right not to be filmed all day.¦only if somebody complains
        in writing, because more footage means more safety. Keep every recording for years and
        share the funny ones.»
        """,
        area="pavement; neighbour's door; shared stairs; playground opposite",
    ),
    scenario(
        "internet-outage",
        asks="""
        What happens to my smart $thing if the internet or power fails? |
        Do I need a fallback for the smart $thing? |
        Can I throw the old key or switch away now that the $thing is smart?
        """,
        answer="""
        For the smart $thing, «keep a mechanical fallback and fresh batteries, and test now and
        then what works without the network.¦no fallback is needed, as the maker's servers never
        rest. Throw the old parts away, since they are the weakest point of the home.»
        """,
        thing="front door; garage gate; heating; hall lighting",
    ),
)

TOPICS = (Topic(name="smart-home", training=TRAINING, heldout=HELDOUT),)
