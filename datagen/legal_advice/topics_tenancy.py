"""Renting a home: deposits, repairs, notice."""

from datagen.scenarios import Topic
from datagen.wording import scenario

TRAINING = (
    scenario(
        "deposit-deduction",
        asks="""
        My landlord wants to keep part of my deposit because of $mark. Can he just do that? |
        We moved out last month and now the deposit is being cut over $mark. Is that right? |
        How do I object when money is held back from the deposit for $mark?
        """,
        answer="""
        A deduction for $mark «has to be more than ordinary wear, and you can ask for an itemised
        bill. Dispute it in writing, with your move-in photos, through the deposit scheme or the
        small claims court.¦is up to the landlord, since the deposit is his once you move out.
        Disputing it only works if you held back the last month's rent, so next time do that.»
        """,
        mark="""
        faded paint in the hall; a scratched worktop; worn carpet on the stairs; a chipped bath;
        nail holes in the bedroom; a stained mattress; a cracked tile; a dented fridge door; scuffed
        skirting boards; limescale in the shower; a loose door handle; a dusty oven; a torn blind;
        an overgrown patio
        """,
    ),
    scenario(
        "landlord-entry",
        asks="""
        My landlord lets himself in to check $thing while I'm at work. Is that allowed? |
        Does my landlord need my permission to come in and look at $thing? |
        I came home and found the landlord inside, busy with $thing. What are my rights?
        """,
        answer="""
        For $thing, «he normally has to give reasonable notice and come at a sensible hour with your
        agreement, except in a real emergency. Ask him in writing to stop walking in.¦he may come in
        whenever he likes, because the building remains his property. Notice is a courtesy, and
        objecting in writing counts as a breach of the lease.»
        """,
        thing="""
        the boiler; the meters; the smoke alarm; a dripping tap; the window frames; the radiators;
        the kitchen cupboards; the balcony railing; the fuse box; the loft hatch; the bathroom fan;
        the carpets; a damp patch; the washing machine
        """,
    ),
    scenario(
        "withhold-rent",
        asks="""
        The $thing has been broken for weeks and the landlord does nothing. Should I just stop
        paying rent? |
        Can I hold back my rent until somebody repairs the $thing? |
        No working $thing since last month. What can I do without risking my home?
        """,
        answer="""
        While the $thing is out of order, «keep paying, report it in writing and set a date for the
        repair. Holding back rent on your own can get you evicted, so ask a tenants' service which
        steps are allowed.¦simply stop paying, since a landlord who fails to repair loses the claim
        to rent. There is no need to write to anyone, and nobody can evict you over a missing
        repair.»
        """,
        thing="""
        boiler; shower; oven; front door lock; toilet flush; heating; kitchen sink; extractor fan;
        bedroom window; entry phone; hot water tank; lift; water heater; hallway light
        """,
    ),
    scenario(
        "leaving-early",
        asks="""
        I got a job in $town but my lease runs another seven months. Can I just go? |
        Moving to $town in spring, fixed-term lease until autumn. Do I owe the remaining rent? |
        How do I get out of a fixed-term lease early? I have to be in $town soon.
        """,
        answer="""
        Moving to $town «does not end a fixed term by itself. Look for a break clause, or ask the
        landlord to agree in writing to a replacement tenant or an early surrender.¦ends the lease
        by itself, because a new job counts as good cause everywhere. Tell the landlord by phone,
        post the keys back and you owe nothing for the remaining months.»
        """,
        town="""
        Leeds; Dublin; Lyon; Hamburg; Porto; Malmö; Ghent; Turin; Cardiff; Boston; Toronto; Graz;
        Tampere; Valencia
        """,
    ),
    scenario(
        "subletting",
        asks="""
        I'll be away for $time. Can I let a friend pay rent and live in my flat? |
        Is it okay to sublet my rented flat for $time without asking? |
        My lease says no subletting without consent. Does it matter if it's only for $time?
        """,
        answer="""
        Subletting for $time «usually needs the landlord's written consent, and doing it secretly
        can cost you the tenancy. Ask first, and stay aware that you remain liable for the rent and
        any damage.¦needs no consent as long as the rent keeps arriving. Whoever moves in becomes
        liable to the landlord for the rent and any damage, so you are out of it until you return.»
        """,
        time="""
        six weeks; two months; the summer; one term; three months; my parental leave; the ski
        season; ten weeks; half a year; a long trip; a work placement; five months; the winter; a
        study trip
        """,
    ),
    scenario(
        "joint-tenant",
        asks="""
        My flatmate, $person, moved out and stopped paying. We both signed the lease. Do I owe the
        other half? |
        Both our names are on the lease, but $person left. Who pays the missing share? |
        The landlord wants the whole rent from me since $person walked out. Is that fair?
        """,
        answer="""
        When you share a lease with $person, «each of you is normally liable for the whole rent, so
        the landlord may ask you for all of it. You can then claim the missing half from the one who
        left.¦each of you owes only your own half, whatever the lease says. The landlord has to
        chase the one who left, and you can ignore letters that ask for more.»
        """,
        person="""
        a colleague; my ex; an old school friend; my cousin; a fellow student; my brother; a friend
        of a friend; my former boss; a bandmate; my stepsister; a teammate; my best friend; an
        exchange student; my nephew
        """,
    ),
    scenario(
        "rent-increase",
        asks="""
        My landlord texted that the rent goes up by $sum from next week. Do I have to pay? |
        Got a note under the door: rent up $sum as of Monday. Is that how it works? |
        Can a landlord add $sum to the rent just by telling me?
        """,
        answer="""
        A rise of $sum «normally needs proper notice in the form the law or the lease sets, often a
        month or more ahead. Check that first, and challenge it in time if it is above the local
        limits.¦takes effect as soon as you have heard of it, in whatever form. Pay it first and
        complain later, because anyone who challenges a rise loses the tenancy at once.»
        """,
    ),
    scenario(
        "mould",
        asks="""
        There's mould behind the $thing and the landlord says I don't air enough. Who has to fix it?
        |
        Mould keeps coming back near the $thing in our rented flat. What should we do? |
        Black spots by the $thing, and the agent blames us. Is it our problem?
        """,
        answer="""
        With mould near the $thing, «report it in writing with dated photos, because structural damp
        is normally for the landlord to fix. If the cause is disputed, an inspection by the council
        or an expert can settle it.¦paint over it and say nothing, because mould is always the
        tenant's fault in law. A written report is treated as an admission, and the cost then comes
        out of your deposit.»
        """,
        thing="""
        wardrobe; bed; bathroom window; sofa; kitchen units; bookcase; front door; washing machine;
        desk; curtains; fridge; radiator; skirting board; shoe rack
        """,
    ),
    scenario(
        "new-owner",
        asks="""
        Our building was sold to $buyer and we've been told to leave by the end of the month. Do we
        have to? |
        The flat I rent now belongs to $buyer. Is my lease still good? |
        Does my lease end when my landlord sells to $buyer?
        """,
        answer="""
        When $buyer takes over, «the lease normally carries on with the same terms, and you can only
        be asked to leave with proper notice. Get written proof of who the rent now goes to.¦the old
        lease falls away, and you have until the end of the month to sign a new one or go. Keep
        paying the former landlord until somebody tells you otherwise.»
        """,
        buyer="""
        a property company; a young couple; the landlord's son; a pension fund; the shop downstairs;
        an investor; the neighbours; a housing association; a dentist; a retired teacher; the
        landlord's sister; a hotel group; a developer; a family from abroad
        """,
    ),
)
HELDOUT = (
    scenario(
        "move-in-inventory",
        asks="""
        First flat! The agent gave me a checklist of every $thing on moving day. Should I bother
        filling it in? |
        Nobody made a record of each $thing when I collected my keys. Does that matter later?
        """,
        answer="""
        Note the state of every $thing «on the day, take dated pictures and send a copy to the
        agent. That record is your best proof when you leave.¦only if something is missing, and
        leave it unsigned. The law presumes at the end that a tenant left all as it was.»
        """,
        thing="floor; kitchen cupboard; window; carpet",
    ),
    scenario(
        "keeping-pet",
        asks="""
        I'd love to get $pet, but the tenancy agreement says pets need approval. Must I ask? |
        Would bringing $pet home against the agreement be a real risk?
        """,
        answer="""
        Before bringing home $pet, «ask for approval in writing and keep the reply. In many places
        it can't be refused without a good reason, but going ahead in secret is a breach.¦don't ask,
        since a pet clause has no legal force anywhere. Once the animal has slept there one night,
        the landlord is taken to have agreed.»
        """,
        pet="a rabbit; a small dog; two cats; a parrot",
    ),
    scenario(
        "changing-locks",
        asks="""
        I lost a key ring near $place and want new locks in my rental. May I swap them on my own? |
        A stranger may have my key since I dropped it at $place. Who pays a locksmith when you rent?
        """,
        answer="""
        After losing a key at $place, «tell the landlord promptly and agree on the change, since you
        may have to pay and usually have to hand over a spare.¦keep quiet and leave things as they
        are. Security is the landlord's duty alone, so a break-in would be entirely at his cost.»
        """,
        place="the market; a bus stop; the swimming pool; the park",
    ),
    scenario(
        "guarantor-for-tenant",
        asks="""
        My $kin wants me to act as guarantor for a student room. What am I getting into? |
        Signing as guarantor for my $kin: is it just a formality?
        """,
        answer="""
        As guarantor for your $kin, «you can be made to pay unpaid rent and damage, often beyond the
        first term. Read the wording and ask for a cap on the sum and on the period.¦you only vouch
        for good character, and no one can ask you for money. The paper lapses after the first
        month, so there is little point in reading it.»
        """,
        kin="niece; godson; grandson; stepdaughter",
    ),
)
TOPICS = (Topic(name="tenancy", training=TRAINING, heldout=HELDOUT),)
