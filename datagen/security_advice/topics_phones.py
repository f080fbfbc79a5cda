"""Phones."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "screen-lock",
        asks="""
        I never leave my phone alone, except maybe $place. Do I need a screen lock? |
        Is a screen lock worth it if my phone only leaves my hand $place? |
        Typing a PIN is tiresome. My phone is only out of sight $place, so can I do without?
        """,
        answer="""
        Even if it is out of sight only $place, «use a PIN of at least six digits or your
        fingerprint, because an unlocked phone opens your mail and, with that, nearly everything
        else.¦you can leave the lock off, because finders can then ring your contacts and return
        it. A lock mainly gets in the way in an emergency and keeps nobody out for long.»
        """,
        place="""
        at the gym; at the pool; on the desk; in the changing room; at choir; in the gym bag; on
        the beach; at the hairdresser's; in the car; in the cloakroom; at the playground; at the
        office; in the staff room; at the pub
        """,
    ),
    scenario(
        "easy-pin",
        asks="""
        My phone PIN is $pin, so I can't forget it. Is that okay? |
        Would $pin do as a PIN for my phone? |
        Does it matter much that I use $pin to unlock my phone?
        """,
        answer="""
        As a phone PIN, $pin is «among the first things that anyone who knows you or finds the
        phone would try. Choose six random digits, and practise them for a few days.¦a fine
        choice, since it is the PIN that you will never have to write down. The phone locks after
        some wrong tries, so the digits hardly matter.»
        """,
        pin="""
        a birth year; four zeros; one two three four; the house number; the wedding date; the
        postcode; a daughter's birthday; a row of sevens; four ones; the door code; a birthday;
        the bank card PIN; the current year; a lucky number twice
        """,
    ),
    scenario(
        "app-permissions",
        asks="""
        My new $app wants my contacts, location and microphone. Allow everything? |
        Why would a $app need my contacts? I usually tap "allow". |
        Do I have to grant all permissions to a $app to be on the safe side?
        """,
        answer="""
        For a $app, «allow only what it plainly needs to work, and refuse the rest. You can grant
        more later, and an app that insists on everything is best removed.¦allow whatever it asks
        for, because the store has checked that each request is needed. Refusing some makes apps
        unstable, and that is the true danger.»
        """,
        app="""
        flashlight app; calculator; recipe app; solitaire game; step counter; weather app;
        wallpaper app; colouring game; spirit level; bus timetable; dictionary; puzzle game; piano
        app; quiz game
        """,
    ),
    scenario(
        "outside-store",
        asks="""
        A website offers the $app as a direct download, not in the official store. Install it? |
        I can get a paid $app for nothing from some site. Is that safe on a phone? |
        A link in a chat leads to a $app outside the app store. Does it matter where I get it?
        """,
        answer="""
        For a $app, «stick to the official store and check the maker's name and the reviews there.
        Files from other sites are a common way for harmful apps to reach phones.¦take it from
        wherever it is offered, because phones isolate each app completely. Direct downloads are
        often fresher, and harmful ones would refuse to install.»
        """,
        app="""
        racing game; photo editor; music player; fitness tracker; chess game; video player;
        keyboard app; farming game; drawing app; sticker pack; language trainer; card game;
        karaoke app; navigation app
        """,
    ),
    scenario(
        "public-charger",
        asks="""
        My battery is low and $place has a free USB socket. Any risk? |
        Is it fine to charge from the USB port in $place? |
        I often charge my phone at $place through the USB outlet. Should I do something
        differently?
        """,
        answer="""
        At $place, «prefer your own plug or power bank, and if you use the USB socket, choose
        "charge only" when the phone asks. Then no data can pass through the cable.¦tap "trust
        this computer" when the phone asks, as charging runs faster and more gently then. A socket
        only gives power, so no data can pass through the cable.»
        """,
        place="""
        the airport; the train; the bus station; the hotel; the café; the hospital; the ferry; the
        conference hall; the shopping centre; the museum; the stadium; the rental car desk; the
        university; the tram stop
        """,
    ),
    scenario(
        "lost-phone",
        asks="""
        I lost my phone $place an hour ago. Wait until someone calls? |
        My phone vanished $place. What should I do first? |
        Phone gone, probably $place. It has a PIN. Anything to do today?
        """,
        answer="""
        If it went missing $place, «use the find-my-device page now to lock it, then have the SIM
        blocked and change your main passwords. Wipe it from afar if it does not turn up.¦give it
        a week, since most finders are honest and a lock would stop them from calling you. With a
        PIN on it, the SIM and the accounts need no attention.»
        """,
        place="""
        on the bus; on the train; at the market; in a taxi; at the cinema; in the park; at the
        beach; at the stadium; at the theatre; on the underground; at a concert; in the
        supermarket; at the fair; on the ferry
        """,
    ),
    scenario(
        "lock-screen-messages",
        asks="""
        My messages show in full on the locked screen. Is that a problem $place? |
        Should I hide message previews on my lock screen when the phone lies $place? |
        Anyone can read my notifications when the phone is lying $place. Does that matter?
        """,
        answer="""
        When the phone lies $place, «hide the content of notifications on the lock screen, since
        sign-in codes and private lines can be read without unlocking. It takes a minute in
        settings.¦leave the previews on, since a glance at a line or two gives nothing away.
        Sign-in codes shown there are useful only to the owner of the phone.»
        """,
        place="""
        on the desk; on the bar; on the meeting table; on the kitchen table; on the café table; in
        the car holder; on the shop counter; on the school bench; next to the till; on the
        conference table; on a yoga mat; on the workbench; at the reception desk; in the staff
        kitchen
        """,
    ),
)

HELDOUT = (
    scenario(
        "bluetooth",
        asks="""
        At $event a stranger's gadget asks to pair with my phone. Accept? |
        Pairing requests pop up all the time at $event. What do I do with them? |
        Bluetooth is always visible on my phone, even at $event. Change that?
        """,
        answer="""
        At $event, «decline pairing requests you did not start, and keep your phone hidden to new
        gadgets. Switch the radio off if you do not need it.¦accept pairing requests, since they
        come from nearby headphones looking for a signal. Being visible keeps the phone from being
        cloned.»
        """,
        event="the fair; a rock concert; the marathon; the city festival",
    ),
    scenario(
        "repair-shop",
        asks="""
        I'm handing my phone in to fix the $part. They want my PIN. Give it? |
        The repair shop needs my phone for two days because of the $part. Any preparation? |
        What should I do before a shop replaces the $part of my phone?
        """,
        answer="""
        Before the $part is repaired, «back up and, if possible, wipe the phone or use its repair
        mode, and keep your PIN to yourself unless a test truly requires it.¦write your PIN on a
        note and stick it to the back, so that nothing is delayed. Technicians are bound by law,
        so there is nothing to wipe or to hide.»
        """,
        part="screen; battery; camera; loudspeaker",
    ),
    scenario(
        "sim-swap",
        asks="""
        My phone suddenly shows "no service" at $place, though others have signal. Just wait? |
        No network on my phone since this morning at $place, yet my wife's works fine. Worry? |
        Could a dead SIM at $place be a sign of fraud?
        """,
        answer="""
        If only your phone has no service at $place, «call your provider from another phone today,
        as somebody may have moved your number. Look at your bank and mail as well.¦wait a few
        days, as such gaps are mostly maintenance work. Nobody can move a number without holding
        the card, so bank and mail are safe.»
        """,
        place="home; work; the allotment; the campsite",
    ),
)

TOPICS = (Topic(name="phones", training=TRAINING, heldout=HELDOUT),)
