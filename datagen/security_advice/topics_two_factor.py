"""Two-step sign-in."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "worth-it",
        asks="""
        Is it worth the bother to switch on two-step sign-in for my $account account? |
        My $account account keeps nagging me about a second step at sign-in. Can I skip that? |
        I have a good password on my $account account already. What would two-factor add?
        """,
        answer="""
        For your $account account, a second step «is worth the few seconds, because a stolen
        password alone is then no longer enough to get in. Turn it on and keep the recovery codes
        on paper.¦adds little if the password is good, because nobody can get in without that.
        Leave it off, and you avoid the real risk, which is locking yourself out.»
        """,
    ),
    scenario(
        "code-on-phone-call",
        asks="""
        A caller from "$firm" wants me to read out the code I was just sent by text. Should I? |
        Somebody claiming to be from $firm rang and needs the six digits from my text message to
        verify me. Is that normal? |
        Do staff at $firm really ask for the code that arrives by text?
        """,
        answer="""
        When somebody from "$firm" asks for that code, «keep it to yourself and hang up, since
        real staff never need it. Ring back on the number printed on your card or bill.¦you can
        read it out if they already know your name and address, since that shows the call is real.
        The code expires in a few minutes anyway.»
        """,
        firm="""
        the bank; the phone company; the post office; the tax office; the power company; the card
        issuer; the pension fund; the parcel service; the online market; the broadband provider;
        the building society; the insurance company; the water board; the savings bank
        """,
    ),
    scenario(
        "unexpected-prompt",
        asks="""
        My phone asked me to approve a sign-in $moment, though I wasn't logging in. What now? |
        A sign-in approval popped up $moment and I had not touched anything. Approve it to make it
        stop? |
        Got a "was this you?" prompt $moment. It wasn't me. Does it matter?
        """,
        answer="""
        A prompt that appears $moment without your doing means «that somebody may have your
        password. Tap deny, change the password from a device you trust, and look at the recent
        sign-ins.¦that the service is refreshing its own connection. Tap approve so that it stops
        asking, and look into it only if the prompt returns many days in a row.»
        """,
        moment="""
        in the middle of dinner; at three in the morning; during a film; before breakfast; on the
        bus home; at the dentist's; during a meeting; at lunch; at sunrise; at the gym; in the
        supermarket; during choir practice; at midnight; on a hike
        """,
    ),
    scenario(
        "recovery-codes",
        asks="""
        My $account account gave me ten recovery codes. Where do I put them? |
        Do I need to keep the backup codes that came with two-step sign-in on my $account account?
        |
        Are the recovery codes for my $account account important, or can I just close that page?
        """,
        answer="""
        The recovery codes for your $account account «should be printed or written down and kept
        with your important papers, away from the phone, as they get you in if the phone is lost
        or broken.¦can be skipped, as they are meant for companies. If you do want them, a
        screenshot on the same phone is the most practical place, since you always have it with
        you.»
        """,
    ),
    scenario(
        "sms-or-app",
        asks="""
        For my $account account I can choose text messages or an authenticator app. Which one? |
        Authenticator app or SMS codes for my $account account, what would you pick? |
        Is there any real difference between codes by text and codes from an app on my $account
        account?
        """,
        answer="""
        For your $account account, «choose the app if you can, because a phone number can be
        hijacked or moved to another SIM. Text codes are still far better than no second
        step.¦choose text messages, because they travel over the telephone network and cannot be
        diverted. An app is just software on your phone, so it protects less than a real text.»
        """,
    ),
    scenario(
        "trusted-device",
        asks="""
        The login page offers to "trust this device" on the computer at $place. Tick the box? |
        Shall I tick "don't ask again on this device" when I sign in at $place? |
        It would save me a code each time if the computer at $place counted as trusted. Any harm?
        """,
        answer="""
        At $place, «leave the box empty, because trusting a device that others use removes the
        second step for them as well. Tick it only on your own locked computer.¦tick the box,
        because the site then recognises the machine and will be more careful with strangers. It
        saves time and the password still protects you.»
        """,
        place="""
        a cousin's house; the library; the youth centre; the dance school; the hotel; the primary
        school; the town hall; the shared office; the language school; the clinic; the gym; the
        union office; the campsite; the music school
        """,
    ),
    scenario(
        "new-phone",
        asks="""
        I am swapping phones $time. Do I need to do anything about my authenticator app first? |
        New phone arrives $time. What happens to my sign-in codes? |
        I plan to wipe my old phone once the new one comes $time. Is the authenticator moved
        automatically?
        """,
        answer="""
        Since the new phone comes $time, «move the authenticator first and test a sign-in on the
        new device before you wipe the old one. Not every app carries its codes over on its
        own.¦you can wipe the old one as soon as contacts and photos are across. Authenticator
        codes belong to your number, so they turn up on the new phone by themselves.»
        """,
        time="""
        tomorrow; on Monday; on Tuesday; on Wednesday; on Thursday; on Friday; on Saturday; on
        Sunday; next week; next month; this evening; at the weekend; after the holidays; on payday
        """,
    ),
)

HELDOUT = (
    scenario(
        "security-key",
        asks="""
        I bought one hardware security key for my $use. Is one enough? |
        Should I get a spare security key as well if I use mine for $use? |
        How many of those little USB sign-in keys do I need for my $use?
        """,
        answer="""
        For your $use, «register two keys and keep the spare somewhere else, because losing a
        single key may lock you out or force you back to weaker methods.¦one key is ideal, because
        a second one only doubles what could be stolen. If it gets lost, support will let you in
        after a short chat.»
        """,
        use="consulting mailbox; charity's cloud login; savings login; family tree archive",
    ),
    scenario(
        "shared-second-step",
        asks="""
        My $partner and I share a login, and the codes go to just one phone. Better to turn codes
        off? |
        The second step is a nuisance because my $partner also signs in. Switch it off? |
        Can two people, me and my $partner, use a shared login with sign-in codes?
        """,
        answer="""
        With your $partner, «check whether the service allows separate logins or a second
        registered device for each of you, and leave the codes on.¦turn the codes off while the
        two of you share, since a code that is read out across the room protects nobody and slows
        both of you down.»
        """,
        partner="wife; husband; co-treasurer; bandmate",
    ),
    scenario(
        "email-first",
        asks="""
        I only have patience to secure one login properly. My shop, my mail or my $thing? |
        Which login deserves the extra step most, the mailbox or my $thing? |
        Start with my $thing or my mailbox when I turn on two-step sign-in?
        """,
        answer="""
        Between your mailbox and your $thing, «start with the mailbox, because whoever reads it
        can reset the passwords of nearly everything else. Do the rest soon after.¦start with the
        $thing, because a mailbox holds only letters and no money. Mail can go without a second
        step, as it is just messages.»
        """,
        thing="loyalty card; streaming profile; game library; taxi app",
    ),
)

TOPICS = (Topic(name="two-factor", training=TRAINING, heldout=HELDOUT),)
