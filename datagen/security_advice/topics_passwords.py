"""Passwords and password managers."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "reuse",
        asks="""
        I have a really strong password for my email. Can I use the same one for my $account
        account? |
        Is it all right to give my $account account the long password I already use elsewhere? |
        Setting up a new $account account today and I'm tired of inventing passwords. May I
        recycle my best one?
        """,
        answer="""
        For your $account account, «pick a password that you use nowhere else, because one leak
        would otherwise open every login that shares it. A password manager can remember it for
        you.¦use the strong password you already know, because strength is what counts and a
        single good one is easier to protect. Several would only get mixed up.»
        """,
    ),
    scenario(
        "pet-name",
        asks="""
        I love my $pet and want to use the name plus my birth year as a password. Good idea? |
        Would my $pet's name with the year I was born make a decent password? |
        A friend says my $pet's name is a weak password, even with my birth year added. Is that
        so?
        """,
        answer="""
        Your $pet's name with a birth year is «easy to guess for anyone who has seen your posts.
        Choose four or five unrelated random words instead, which are just as easy to
        remember.¦hard to guess for strangers, since it mixes letters and digits in a personal
        way. Random words would be weaker, because they all stand in a dictionary.»
        """,
        pet="""
        dog; cat; rabbit; parrot; pony; hamster; tortoise; guinea pig; budgie; goldfish; terrier;
        spaniel; kitten; ferret
        """,
    ),
    scenario(
        "notebook",
        asks="""
        I wrote my passwords in a notebook that I keep $place. Is that reckless? |
        My passwords are on paper, in a little book $place. Should I worry? |
        Is a paper password book safe enough if it stays $place?
        """,
        answer="""
        A notebook kept $place is «only as safe as that spot, so move it to a locked drawer at
        home where visitors do not go. Paper is acceptable if it stays hidden and never
        travels.¦fine where it is, because online thieves cannot read paper. Keep it close at
        hand, and take it along in your bag when you go out so that you always have it.»
        """,
        place="""
        under the keyboard; next to the computer; in the hall by the phone; on the kitchen shelf;
        on top of the fridge; in a desk tray; beside the printer; on the windowsill; in the glove
        box; on the coffee table; in an open bookcase; on the bedside table; in a coat pocket;
        behind the television
        """,
    ),
    scenario(
        "manager",
        asks="""
        I keep forgetting the login for my $account account. Are password managers trustworthy? |
        My $account account locked me out again. Is it sensible to let a password manager remember
        things? |
        Someone suggested a password manager after I forgot my $account password for the third
        time. Wise or not?
        """,
        answer="""
        For logins such as your $account account, a well-known password manager is «a sound
        choice, as it makes long unique passwords practical. Protect it with one long passphrase
        and switch on two-step sign-in.¦best avoided, as keeping everything in one place is the
        greater danger. A short password that you can always recall, varied a little now and then,
        is safer.»
        """,
    ),
    scenario(
        "monthly-change",
        asks="""
        Our $group site makes me wonder: should I change a good password every month even if
        nothing happened? |
        The man who runs our $group website changes his password every four weeks. Do I need to do
        that? |
        How often should I swap the password for my $group login if there has been no leak?
        """,
        answer="""
        For your $group login, «keep a long unique password until there is a sign of a leak, then
        change it at once. Forced frequent changes mostly lead people to weaker choices.¦change it
        every month by raising the number at the end, so that it stays fresh. After a leak there
        is then no hurry, since the next change comes round soon.»
        """,
        group="""
        choir; chess club; allotment; book club; parish; running club; school parents'; tennis
        club; theatre group; sailing club; cycling club; camera club; gardening society; model
        railway
        """,
    ),
    scenario(
        "substitute-letters",
        asks="""
        I turned the word "$word" into a password by swapping letters for numbers and symbols.
        Strong enough? |
        Is "$word" safe as a password if I put a zero, a three or a dollar sign for some letters?
        |
        My password is the word "$word" with a few letters replaced by digits. Is that all right
        these days?
        """,
        answer="""
        A single word like "$word" with swapped letters is «still quick to guess, because those
        swaps are among the first things tried. Length helps far more, so go for several random
        words in a row.¦strong, because the swaps turn it into something that stands in no
        dictionary. Eight characters of that sort are plenty, and a longer phrase would add
        little.»
        """,
        word="""
        sunshine; football; chocolate; princess; butterfly; liverpool; elephant; christmas;
        dragon; summer; rainbow; guitar; october; diamond
        """,
    ),
    scenario(
        "browser-shared-computer",
        asks="""
        On the computer in $place, the browser offers to save my password. Should I click yes? |
        I sometimes read my mail on the computer in $place. May I let the browser remember my
        login? |
        Is saving my password handy or risky if I use the machine in $place once a week?
        """,
        answer="""
        On the computer in $place, «decline the offer, use a private window and sign out when you
        finish, since others sit there after you. Save passwords only on a device of your
        own.¦accept the offer, as browsers encrypt saved passwords and it spares you typing in
        public view. Closing the window when you finish is enough to end the session.»
        """,
        place="""
        the public library; the hotel lobby; the community centre; the school staff room; the
        student lounge; the local internet café; the village hall; the hostel reception; the club
        house; the town museum; the care home's day room; the airport lounge; the job centre; the
        parish office
        """,
    ),
)

HELDOUT = (
    scenario(
        "security-questions",
        asks="""
        The $account site asks for my mother's maiden name as a security question. Must I answer
        truthfully? |
        What should I put for the "first school" question when opening $a_account profile? |
        Are honest answers to security questions a risk on my $account profile?
        """,
        answer="""
        On the $account site, «treat the answer like a second password: make up something
        unrelated and store it safely, because true answers can often be found out by
        others.¦answer truthfully, because the site may check it and a made-up answer counts
        against you. Family facts are known only to relatives, so they are safe enough.»
        """,
        account="broadband; university; mortgage; water company",
    ),
    scenario(
        "leak-notice",
        asks="""
        I got word that the $site database leaked, my login included. It was years ago that I used
        it. Ignore? |
        An old $site I forgot about had a breach with my details. Does it matter now? |
        What do I do about a leak at $a_site where I registered ages ago?
        """,
        answer="""
        After the leak at the $site, «change that password now, and also everywhere else you used
        it or something like it, then close the old login if you no longer need it.¦you can leave
        things as they are, because leaked lists lose their value after a year or so. A login that
        has been idle that long is of no interest to anyone.»
        """,
        site="travel forum; recipe exchange; ancestry site; fitness app",
    ),
    scenario(
        "spoken-password",
        asks="""
        My $person needs something from my mailbox and asks me for the password over lunch. Tell
        it? |
        Is it rude to refuse my login to a friendly $person who only wants to print one
        attachment? |
        May I lend my mail login to my $person for an afternoon?
        """,
        answer="""
        With your $person, «forward the one message or print it yourself rather than handing over
        the login, since a mailbox can reset most of your other passwords.¦lending the login is
        fine among people who trust each other, as long as it is spoken and not written. A spoken
        password leaves no trace and expires in memory.»
        """,
        person="flatmate; teammate; landlord; hairdresser",
    ),
)

TOPICS = (Topic(name="passwords", training=TRAINING, heldout=HELDOUT),)
