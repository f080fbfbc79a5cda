"""Wifi at home and abroad."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "public-banking",
        asks="""
        I'm sitting in $place on the open wifi. Can I quickly do a bank transfer? |
        Is the free wifi in $place fine for online banking? |
        I have ten minutes in $place and a bill to pay. May I use the wifi there?
        """,
        answer="""
        For a payment in $place, «switch to mobile data or wait until you are home, and use the
        bank's own app. On open wifi you cannot tell who runs the network.¦the open wifi is fine,
        because the owner watches over it and many eyes keep it honest. Mobile data is the weaker
        choice, since it travels through the air for miles.»
        """,
        place="""
        a café; the airport; a hotel lobby; the station; the library; a shopping centre; a museum;
        a burger bar; the town hall; a waiting room; a motorway service area; a bakery; a
        bookshop; the ferry terminal
        """,
    ),
    scenario(
        "default-router-password",
        asks="""
        My new router from $firm came with an admin password printed on it. Leave that as it is? |
        Should I change the admin password of the router I got from $firm? |
        Is it worth going into the settings of a router from $firm just to change the admin
        password?
        """,
        answer="""
        With a router from $firm, «change the admin password at set-up, since factory ones may be
        guessable or known to whoever has seen the label. Note the new one somewhere safe.¦keep
        the admin password as it is, since the factory picks a good one and support may need it.
        If you change it, the guarantee and the updates may suffer.»
        """,
        firm="""
        a cable provider; a supermarket; a flea market; a landlord; a phone company; a mail-order
        house; an electronics shop; a friend; an online auction; a cousin; the housing office; a
        neighbour; a second-hand shop; the previous tenant
        """,
    ),
    scenario(
        "guest-network",
        asks="""
        The $guest who visits often asks for our wifi password. Just give it? |
        My $guest wants to go online at our place. Is a guest network worth the trouble? |
        How should I let my $guest use the wifi at home?
        """,
        answer="""
        For your $guest, «turn on the router's guest network and share that password, so that a
        visitor's infected gadget cannot reach your computers and drives.¦just share the main
        password, because a second network opens a second door to strangers. Visitors' phones are
        harmless as long as you know the people.»
        """,
        guest="""
        babysitter; piano teacher; cousin; nephew; brother-in-law; lodger; tutor; carer; friend
        from abroad; neighbour; cleaner; book club friend; daughter's boyfriend; physiotherapist
        """,
    ),
    scenario(
        "hide-name",
        asks="""
        Our network is called "$name". Is hiding the name enough protection? |
        If I hide my network "$name", do I still need a password on it? |
        Would it be safer to make the wifi "$name" invisible than to use a long password?
        """,
        answer="""
        Hiding "$name" «does very little, as simple tools still show the network. What protects
        you is WPA2 or WPA3 with a long password, so put the effort there.¦does the whole job, as
        nobody can join a network that they cannot see. With an invisible name a short password,
        or none, is quite enough at home.»
        """,
        name="""
        Bluebell Cottage; Kitchen Disco; Flat Seven; The Old Barn; Red Panda; Captain's Cabin;
        Moonlight; Second Floor; Tea Time; Happy Hens; Garden Gate; Sleepy Hollow; Number Nine;
        Cat Castle
        """,
    ),
    scenario(
        "same-name-hotspot",
        asks="""
        In $place I see two networks with nearly the same name, one of them open. Which one do I
        take? |
        There's a second, stronger network in $place named almost like the official one. Use it? |
        My phone lists two look-alike networks in $place. Does it matter which I join?
        """,
        answer="""
        In $place, «ask a member of staff for the exact name, and join neither until you know,
        since look-alike networks are set up to catch visitors.¦take the one with the stronger
        signal, since the owner puts the best equipment on the official one. Names that look alike
        belong together anyway.»
        """,
        place="""
        the hotel; the conference centre; the airport; the café; the hospital; the train station;
        the university; the museum; the campsite; the spa; the trade fair; the sports hall; the
        theatre; the marina
        """,
    ),
    scenario(
        "neighbour-open",
        asks="""
        My neighbour $name has open wifi that reaches my sofa. Okay to use it for everything? |
        Our own internet is down, but the network of $name next door has no password. Can I do my
        mail on it? |
        Should I tell $name next door that their wifi has no password, or just enjoy it?
        """,
        answer="""
        The open network of $name is «nothing to rely on for mail or banking, and using it unasked
        may not be allowed. Mention it next door, and use your phone's data until yours is
        back.¦good for mail and banking, since you know who owns it. There is no need to mention
        it, because an open network next door slows nobody down and harms nobody.»
        """,
        name="""
        Mrs Miller; Mr Brown; Mrs Harris; Mr Novak; Mrs Lopez; Mr Kowalski; Mr Singh; Mrs Dubois;
        Mrs Jansen; Mr Rossi; Mrs Ahmed; Mrs Petersen; Mr Tanaka; Mrs O'Neill
        """,
    ),
    scenario(
        "wifi-password-length",
        asks="""
        What makes a good wifi password for $home? Ours has eight digits. |
        We use our phone number as the wifi password in $home. Is that fine? |
        Is a short wifi password all right in $home, where we rarely have visitors?
        """,
        answer="""
        For $home, «take a long wifi password of several random words, because short or numeric
        ones can be guessed by someone parked outside. You type it only once per gadget.¦a short
        number is fine as a wifi password, because a guesser would have to stand in the house.
        Long ones mainly annoy the family and get written on the fridge.»
        """,
        home="""
        a small flat; a farmhouse; a terraced house; a student room; a cottage; a houseboat; a
        bungalow; a holiday home; a studio; a townhouse; a caravan; a maisonette; a loft; a family
        house
        """,
    ),
)

HELDOUT = (
    scenario(
        "auto-join",
        asks="""
        My phone joins every network it has ever met, including the one at $spot. Leave it like
        that? |
        Ought I to clear the list of remembered hotspots, such as $spot? |
        Why would anyone turn off auto-join for $spot?
        """,
        answer="""
        For a hotspot such as $spot, «turn off auto-join and forget networks you no longer need,
        because your phone may otherwise hook up to an impostor with that name.¦leave auto-join
        on, because a remembered network has been approved once and for all. The longer the list,
        the more safely the phone can choose.»
        """,
        spot="the ski lodge; a burger chain; the ferry; the swimming pool",
    ),
    scenario(
        "vpn",
        asks="""
        I pay for a VPN and use it at $place. Does it protect me from fraud sites as well? |
        With a VPN on, can I ignore browser warnings at $place? |
        Is a VPN all the safety I need when I surf at $place?
        """,
        answer="""
        At $place, a VPN «only hides your traffic from the local network. Fake pages, bad
        downloads and weak passwords stay just as risky, so heed the warnings.¦takes care of
        everything, so you can click warnings away. It filters out fake pages and bad downloads
        before they ever reach your machine.»
        """,
        place="the hostel; the co-working space; the harbour; the holiday flat",
    ),
    scenario(
        "wps-button",
        asks="""
        The $helper told me to leave push-button pairing on for ever because it's handy. Right? |
        Does the quick-connect PIN on our router need to stay on? The $helper set it up. |
        My $helper joined the printer with the router's quick PIN. Switch that off again?
        """,
        answer="""
        Thank the $helper, and then «switch off PIN pairing once everything is connected, because
        that short PIN is easier to guess than your wifi password.¦leave PIN pairing on for good,
        because it replaces the password by something shorter that only owners know. It
        strengthens the network.»
        """,
        helper="technician; son-in-law; caretaker; shop assistant",
    ),
)

TOPICS = (Topic(name="wifi", training=TRAINING, heldout=HELDOUT),)
