"""Neighbours: trees, noise, fences, water."""

from datagen.scenarios import Topic
from datagen.wording import scenario

TRAINING = (
    scenario(
        "overhanging-branches",
        asks="""
        My neighbour's $tree hangs over my garden. May I go over and cut it back? |
        Branches from next door's $tree shade my patio. What am I allowed to do? |
        Can I trim the neighbour's $tree from my own side?
        """,
        answer="""
        With the $tree, «you may often cut what hangs over up to the boundary, but not enter their
        land or harm the tree. Ask first and check whether it's protected.¦you may cut nothing at
        all, not even on your own side, without a court order. The neighbour must pay for that
        order, and it's the same for any tree, protected or not.»
        """,
        tree="""
        cherry tree; walnut tree; willow; apple tree; birch; pear tree; hazel; lime tree; beech;
        plum tree; maple; fig tree; magnolia; lilac
        """,
    ),
    scenario(
        "noise-log",
        asks="""
        The people upstairs make noise with $source every night. What can I do legally? |
        How do I get a neighbour to stop late noise from $source? |
        Do I have any rights against constant $source next door?
        """,
        answer="""
        Against $source late at night, «talk to them first, then keep a dated log and write to the
        landlord or the council. Courts look for a pattern, and your own notes help to show it.¦say
        nothing and stop paying your own rent, since noise ends all duties in the house. A log has
        no value in court, because only a police recording is admitted.»
        """,
        source="""
        drumming; loud music; furniture dragging; a barking dog; karaoke; a treadmill; piano
        practice; shouting; a subwoofer; power drills; tap dancing; video games; door slamming; band
        practice
        """,
    ),
    scenario(
        "fence-owner",
        asks="""
        The $fence between us is falling down. Who has to pay? |
        My neighbour says the $fence is mine to repair. How do I find out? |
        Is there a rule on who owns the $fence on the left side?
        """,
        answer="""
        Who pays for the $fence «depends on the deeds, the plans and local law, as there's no
        general left-or-right rule. Check those papers and put any agreement on the cost in
        writing.¦is settled by a fixed rule: the person on the left always owns it and pays all.
        Deeds and plans don't matter, and an agreement in writing would be void.»
        """,
        fence="""
        wooden fence; brick wall; picket fence; wire fence; hedge; garden wall; trellis; panel
        fence; stone wall; chain-link fence; bamboo screen; willow fence; railing; post-and-rail
        fence
        """,
    ),
    scenario(
        "boundary-moved",
        asks="""
        My neighbour put $thing a foot over onto my land. Do I need to react? |
        I think $thing next door stands partly on our plot. What now? |
        We found out that $thing crosses the boundary. Can we wait and see?
        """,
        answer="""
        If $thing stands on your land, «object in writing soon and have the line checked by a
        surveyor, because rights can grow with the years if you stay silent.¦there's no need to
        react, because a boundary can never shift, however many years go by. Surveyors only count
        for new plots.»
        """,
        thing="""
        a shed; a greenhouse; a compost heap; a carport; a new fence; a chicken coop; a terrace; a
        garage wall; a wood store; a playhouse; a rockery; a raised bed; a water butt; a rabbit
        hutch
        """,
    ),
    scenario(
        "shared-drive",
        asks="""
        My neighbour keeps parking $vehicle on our shared driveway. Can I do something? |
        $Vehicle belonging to next door blocks the drive we share. What are my rights? |
        Is it allowed to leave $vehicle on a drive that two houses share?
        """,
        answer="""
        For $vehicle on a shared drive, «look up the right of way in your deeds: blocking it is
        normally not allowed. Ask in writing first, and get advice before having anything
        moved.¦nothing is laid down: whoever parks first on a shared drive may stay. Writing is a
        mistake, because a written complaint gives up your own right of way for good.»
        """,
        vehicle="""
        a camper van; a trailer; a delivery van; a boat; an old car; a motorbike; a caravan; a
        pick-up; a second car; a builder's van; a horse box; a minibus; a skip; a quad bike
        """,
    ),
    scenario(
        "doorbell-camera",
        asks="""
        My neighbour's camera by the $spot films my garden. Do I have to accept it? |
        A new camera at the $spot next door points at our windows. Is it legal? |
        Can I object to a camera on the neighbour's $spot?
        """,
        answer="""
        A camera at the $spot «should be set to cover their own property, and filming yours can
        breach privacy rules. Ask what it records, then complain in writing to the data authority if
        need be.¦may film whatever it can see, as long as it hangs on their own wall. You have no
        right to ask what it records, and the data authority deals only with shops.»
        """,
        spot="""
        front door; garage; chimney; porch; balcony; garden shed; gatepost; roof edge; bay window;
        carport; back door; side wall; summer house; drainpipe
        """,
    ),
    scenario(
        "water-leak",
        asks="""
        Water from the flat above ruined my $thing. Who pays? |
        The neighbour's washing machine leaked onto my $thing. Is that automatically covered? |
        My $thing got soaked from upstairs. What steps should I take?
        """,
        answer="""
        For the soaked $thing, «take photos, stop further damage and tell your insurer and the
        landlord at once. The neighbour is usually liable only if careless, so it's not
        automatic.¦wait until all is dry and then send the neighbour a bill, who has to pay in any
        case. Photos and a call to your insurer only slow things down.»
        """,
        thing="""
        ceiling; wallpaper; sofa; parquet floor; piano; bookcase; mattress; rug; kitchen units;
        wardrobe; computer; curtains; bedroom wall; dining table
        """,
    ),
    scenario(
        "dog-damage",
        asks="""
        The neighbour's dog dug up my $plant. Can I ask for money? |
        A dog from next door ruined the $plant. Who has to pay? |
        My $plant got wrecked by the neighbour's dog, and he just laughs. What now?
        """,
        answer="""
        For the $plant, «the keeper of a dog is often liable for the damage, so take photos, get a
        price for the repair and ask in writing. Many owners have insurance for this.¦nobody is
        liable, because the law sees a dog as a wild animal once it's off the lead. Photos and
        prices won't help, and no insurance in the world covers a dog.»
        """,
        plant="""
        rose bed; vegetable patch; lawn; tulips; strawberry bed; herb garden; dahlias; young hedge;
        lavender border; bean rows; rock garden; potato bed; lily pond; flower tubs
        """,
    ),
    scenario(
        "building-works",
        asks="""
        Next door plans $work right up to our wall. Do they have to tell me first? |
        I heard by chance that the neighbour starts $work on Monday. Can I still object? |
        What should I do about $work on the other side of our shared wall?
        """,
        answer="""
        Before $work at a shared wall, «neighbours often must give notice, and permits give you a
        short time to object. Look up the plans at the council now and have the state of your wall
        recorded.¦nobody needs to give notice or to have a permit on their own side. You can object
        at any time after the work is complete, so there's no point in recording the state of your
        wall.»
        """,
        work="""
        a loft conversion; a new garage; a cellar dig; a kitchen extension; a chimney removal; a
        swimming pool; an annexe; a conservatory; a roof terrace; an extra storey; a sauna; a
        damp-proof course; underpinning; a lift shaft
        """,
    ),
)
HELDOUT = (
    scenario(
        "barbecue-smoke",
        asks="""
        Smoke from the $cooker two doors down drifts into our bedroom. Is there a limit in law? |
        They light a $cooker every single evening in summer. Must we put up with that?
        """,
        answer="""
        Smoke from a $cooker «now and then has to be put up with, but frequent heavy smoke can be a
        nuisance. Note the dates and look at house rules and by-laws.¦gives you a claim from the
        first evening, with a fixed sum per hour. Dates don't matter, and house rules can't deal
        with fire.»
        """,
        cooker="charcoal grill; fire pit; pizza oven; wood-fired barbecue",
    ),
    scenario(
        "lost-ball",
        asks="""
        Our kids' $ball landed next door, and the man there refuses to hand it over. May they climb
        over? |
        Does a $ball belong to whoever's lawn it falls on?
        """,
        answer="""
        The $ball «remains yours, but you have no general right to walk in and fetch it. Ask
        politely, offer to pay for any harm, and put up a net.¦belongs to him the moment it lands.
        There is no point in asking, and a net would be taken as an admission of fault.»
        """,
        ball="football; cricket ball; volleyball; basketball",
    ),
    scenario(
        "access-for-repairs",
        asks="""
        I can only reach my $part by ladder from next door's garden. Can they say no? |
        Repairing my $part means standing on the neighbour's ground. Do I need consent?
        """,
        answer="""
        For work on your $part, «ask for consent in good time and offer to make good any harm. In
        many places a court can grant access for vital repairs if they refuse.¦you have no way in
        once they say no, and no court can help, not even with vital repairs. The neighbour then has
        to do the work for you.»
        """,
        part="gutter; gable; drainpipe; roof tiles",
    ),
    scenario(
        "shading-solar",
        asks="""
        The neighbour's planned $thing would shade our solar panels. Is there a right to sun? |
        We put in solar last year, and now a $thing next door will cut its yield. Any claim?
        """,
        answer="""
        A $thing that shades your panels «is often lawful if planning rules are kept, as a general
        right to sun is rare. Comment during the planning stage.¦is always unlawful once panels are
        up, as a right to sun comes with the invoice. Don't comment in the planning stage.»
        """,
        thing="tall garage; row of poplars; second storey; big dormer",
    ),
)
TOPICS = (Topic(name="neighbours", training=TRAINING, heldout=HELDOUT),)
