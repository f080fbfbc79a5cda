"""Agreements: when they bind and how they end."""

from datagen.scenarios import Topic
from datagen.wording import scenario

TRAINING = (
    scenario(
        "oral-agreement",
        asks="""
        My neighbour agreed by word of mouth to sell me $thing, and now he wants to back out. Was
        that a contract? |
        We shook hands over $thing but wrote nothing down. Does it count? |
        Is a spoken deal about $thing worth anything in law?
        """,
        answer="""
        A spoken deal over $thing «is usually binding once you agree on the item and the price,
        since only a few kinds of contract must be in writing. The trouble is proof, so confirm it
        by message.¦is never binding, because only signed paper counts in law. Either of you may
        walk away until there is a document, and a message afterwards makes no difference.»
        """,
        thing="""
        a lawnmower; an old piano; a rowing boat; a caravan; a garden shed; a set of drums; a
        motorbike; a kayak; a loom; a workbench; a trailer; a sewing machine; a beehive; a
        grandfather clock
        """,
    ),
    scenario(
        "signed-unread",
        asks="""
        I signed the contract with $firm without reading it and now there's a clause I hate. Am I
        stuck? |
        Does a contract with $firm hold if I never read the small print? |
        The seller at $firm rushed me and I just signed. What counts?
        """,
        answer="""
        With $firm, «your signature normally binds you even if you read nothing, though unfair or
        surprising terms may fail. Check quickly for a right to cancel and get advice on the
        clause.¦your signature means nothing until you have read every page, so the clause does not
        reach you. There's no hurry: terms you never read can be struck out years later.»
        """,
        firm="""
        a gym; a dating agency; a language school; a phone company; a dance studio; a kitchen
        fitter; a storage firm; a driving school; a wine club; a photo studio; an alarm company; a
        window maker; a tutoring service; a solar installer
        """,
    ),
    scenario(
        "quote-or-estimate",
        asks="""
        The $trade gave me a fixed quote in writing and now bills a third more. Do I have to pay? |
        My $trade charges far more than the written quote. What can I say? |
        Is a $trade bound by a written fixed price?
        """,
        answer="""
        Where the $trade «gave a fixed quote, that price holds unless you agreed to extra work. Pay
        the agreed amount, dispute the remainder in writing and ask what it is for.¦gave a fixed
        quote, it's no more than a guess, and the final bill is what you owe. Pay in full first,
        since disputing part of a bill puts you in default.»
        """,
    ),
    scenario(
        "doorstep-cancel",
        asks="""
        A salesman sold me $thing at my front door this morning. Can I get out of it? |
        I bought $thing from a doorstep seller and regret it. How long do I have? |
        My gran signed up for $thing on her doorstep. Is it final?
        """,
        answer="""
        For $thing bought at the door, «there is in many countries a cooling-off period, often 14
        days. Cancel in writing within it, keep proof of sending and give no reason if you
        prefer.¦there is no way back once the seller has left the house, apart from a faulty
        product. A letter would be wasted, and you would have to give a reason to cancel.»
        """,
        thing="""
        a vacuum cleaner; a magazine subscription; a water filter; an electricity contract; a set of
        knives; a mattress; an alarm system; a meat delivery plan; an encyclopaedia; roof cleaning;
        a broadband package; a hearing aid; a carpet; double glazing
        """,
    ),
    scenario(
        "silence-as-yes",
        asks="""
        $Firm wrote that I accept their offer unless I refuse within a week. Do I have to answer? |
        Can $firm turn my silence into a contract? |
        I never replied to an offer from $firm and now there's an invoice. Do I owe that?
        """,
        answer="""
        An offer from $firm «can't normally make silence into a yes, so no contract arises. Still, a
        short written refusal is sensible, and keep an eye on your bank account.¦becomes binding if
        you stay silent for a week, as the letter says. A refusal after that is useless, so pay the
        invoice and let the first term run out.»
        """,
        firm="""
        a publisher; a water supplier; a cosmetics club; a coin dealer; a fitness app; a seed
        merchant; a directory firm; a charity lottery; a tea company; a stamp club; a web host; a
        heating firm; a sock subscription; a cheese shop
        """,
    ),
    scenario(
        "change-by-phone",
        asks="""
        I agreed by phone with $firm on a later date than the contract says. Is that safe? |
        $Firm promised on the phone to lower the price. Is a call enough? |
        Can a call change a written contract with $firm?
        """,
        answer="""
        What $firm said by phone «may count, but it's hard to prove, and the contract may require
        changes in writing. Send an email at once that sums up what was agreed and ask for a
        reply.¦replaces the written contract in full, and the firm has to prove otherwise. An email
        afterwards would weaken your position, so rely on the call and take no notes.»
        """,
        firm="""
        the caterer; the removal firm; the wedding band; the marquee company; the kitchen studio;
        the florist; the coach company; the tent hire; the pastry chef; the printer; the
        photographer; the roofing firm; the boat hire; the piano tuner
        """,
    ),
    scenario(
        "deposit-lost",
        asks="""
        I paid a deposit for $thing and the supplier cancelled. Do I get it back? |
        The seller of $thing called it off but keeps my down payment. Is that allowed? |
        Is a down payment for $thing gone when the other side backs out?
        """,
        answer="""
        If the supplier cancels $thing, «the deposit has to be returned, and you may claim extra
        costs if the contract was broken. Ask for it in writing with a date.¦the deposit stays with
        the supplier, as the word itself says. Only a notarised receipt changes that, so save
        yourself a written demand.»
        """,
        thing="""
        a wedding cake; a garden marquee; a made-to-measure suit; a holiday cabin; a fitted
        wardrobe; a string quartet; a puppy; a wood stove; a tattoo; a boat trip; a dining table; a
        bouncy castle; a family portrait; a stair lift
        """,
    ),
    scenario(
        "minor-buyer",
        asks="""
        My twelve-year-old ordered $thing online without asking. Do we have to keep it? |
        The shop won't take back $thing that my young son bought on his own. Are we bound? |
        Is a child's purchase of $thing valid?
        """,
        answer="""
        With $thing ordered by a child, «the contract often does not bind without a parent's
        consent, beyond small everyday buys. Write to the seller soon and return it unused.¦the
        contract is as good as an adult's, since sellers can't know a buyer's age. Writing is
        useless, and parents owe whatever a child orders, opened or not.»
        """,
        thing="""
        a drone; a gaming chair; a guitar; an electric scooter; a telescope; a tablet; a designer
        jacket; a trampoline; a smartwatch; a keyboard; a projector; a fish tank; an air hockey
        table; a pair of skates
        """,
    ),
    scenario(
        "rolling-renewal",
        asks="""
        I forgot to cancel my $thing and it renewed for a year. Am I bound? |
        How do I end a $thing that renews by itself? |
        My $thing was extended without a word to me. Can I still get out?
        """,
        answer="""
        For the $thing, «check the contract and the law on renewals, since many places demand a
        reminder or let you leave with short notice. Cancel in writing now and keep the
        proof.¦nothing can be done, because a renewed contract always runs for the whole year. The
        simplest way is to stop paying, as that counts as giving notice in law.»
        """,
        thing="""
        gym membership; magazine subscription; phone contract; wine box; cloud storage plan; dance
        class; car wash pass; music service; coffee delivery; news app; zoo season pass; yoga pass;
        book club; language app
        """,
    ),
)
HELDOUT = (
    scenario(
        "lost-paper",
        asks="""
        The only signed copy of my agreement about $thing got lost. Is the deal off? |
        Water ruined my contract over $thing. Must we draw up another?
        """,
        answer="""
        The loss of the paper on $thing «doesn't end the deal, since the agreement goes on and other
        proof will do. Ask the other party for a copy soon.¦ends the deal on the spot, as an
        agreement lives only in its original. A copy from the other party has no force.»
        """,
        thing="""
        a grazing meadow; a share in a sailing boat; a garage rental; a loan of tools
        """,
    ),
    scenario(
        "typo-in-name",
        asks="""
        They misspelt my $part in a contract I signed. Could I simply refuse to perform? |
        Our agreement shows a wrong $part. Is everything void?
        """,
        answer="""
        A wrong $part «rarely voids a contract if it is clear who and what was meant. Have it
        corrected by a signed note on both copies.¦makes the whole contract void from the start. Say
        nothing and you can drop out whenever it suits you.»
        """,
        part="middle name; house number; date of birth; postcode",
    ),
    scenario(
        "helping-without-fee",
        asks="""
        I offered to $favour for free and now have no time. Could I be sued for letting them down? |
        Does a promise to $favour as a favour bind me legally?
        """,
        answer="""
        A promise to $favour «as a pure favour seldom creates a legal duty, but say so early,
        because someone who relied on it might claim for loss in rare cases.¦is as strict as a paid
        contract, and they may charge you for a substitute. Saying so early only makes the claim
        larger.»
        """,
        favour="""
        play at a party; water the plants; bake for a fair; repaint a fence
        """,
    ),
    scenario(
        "buying-for-someone",
        asks="""
        I ordered $thing in my own name for our club. Who owes the bill if the club won't pay? |
        The supplier of $thing wants the money from me, not from the choir I ordered for. Why?
        """,
        answer="""
        If you ordered $thing «in your own name, you are normally the one who owes the price and
        have to seek it from the club. Say clearly next time for whom you act.¦for a club, you are
        never liable, no matter whose name is on it. The supplier has to find the club's members and
        bill each one.»
        """,
        thing="""
        fifty T-shirts; a crate of songbooks; folding chairs; stage lights
        """,
    ),
)
TOPICS = (Topic(name="contracts", training=TRAINING, heldout=HELDOUT),)
