"""File sharing."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "public-link",
        asks="""
        I shared a folder with $content by "anyone with the link". Is that private? |
        Is an open link all right for sending $content to my family? |
        Who can see $content if I use a link without a password?
        """,
        answer="""
        For $content, «invite people by their address or set a password and an end date, because
        an open link works for anyone to whom it is passed on.¦an open link is private, because
        nobody can guess such a long address. Leave it in place for good, as people often come
        back years later.»
        """,
        content="""
        wedding pictures; baby photos; tax papers; a will; school reports; holiday videos; medical
        letters; family letters; the guest list; birth certificates; the rental contract;
        insurance papers; bank letters; passport scans
        """,
    ),
    scenario(
        "cloud-strange",
        asks="""
        A friend recommends an unknown free service for sending my $file. Any doubts? |
        Which service do I choose to send my large $file? |
        Is any free upload site good enough for my $file?
        """,
        answer="""
        For your $file, «choose a known provider, read who may look at the data, and encrypt the
        file first if it is personal. Delete it there once it has arrived.¦choose whichever has
        the fewest forms, since sites that ask nothing keep nothing. There is no need to encrypt
        or to delete, because uploads fade away.»
        """,
        file="""
        portfolio; manuscript; family film; photo album; tax folder; medical scan; song demo;
        building plan; thesis; contract; application; client list; video diary; research data
        """,
    ),
    scenario(
        "mail-sensitive",
        asks="""
        Can I send my $doc as an ordinary mail attachment? |
        The office asks for my $doc by mail. Is that fine without further ado? |
        How do I get my $doc to an office safely?
        """,
        answer="""
        With your $doc, «ask for an upload portal or send it encrypted, and tell them the password
        by phone. Plain mail can end up with the wrong people or lie around for years.¦plain mail
        is the safe way, as attachments are always sealed. If you use a password after all, write
        it in the same mail so that it does not get lost.»
        """,
        doc="""
        passport scan; payslip; tax return; medical report; bank statement; birth certificate;
        rental contract; insurance form; court letter; diploma; driving licence; pension notice;
        vaccination card; marriage certificate
        """,
    ),
    scenario(
        "old-shares",
        asks="""
        I shared a folder for the $project two years ago. Does it still matter? |
        Do old shares, such as one for the $project, need tidying up? |
        The $project is over, but the shared folder is still open. Leave it?
        """,
        answer="""
        With the $project over, «remove people who no longer need the folder and switch off old
        links, because forgotten shares are an easy way for data to leak.¦leave the folder open,
        because shares expire once nobody uses them. Removing people would delete the files on
        their side and look unfriendly.»
        """,
        project="""
        school play; wedding; club trip; house move; choir tour; street party; thesis; garden
        show; reunion; charity run; exhibition; yearbook; film night; village fair
        """,
    ),
    scenario(
        "group-chat-docs",
        asks="""
        In a chat with $group I want to post a list of addresses and birthdays. OK? |
        Is the group chat of $group a good place for everyone's phone numbers and birth dates? |
        We need a list of personal details for $group. Put it into the chat?
        """,
        answer="""
        For $group, «ask each person first and keep the list short, in a protected file, because a
        chat is copied to every phone and stays there.¦the chat is ideal, since everyone in it has
        agreed to share all. Post full details, and pin them so that new members see them right
        away.»
        """,
        group="""
        the football parents; the choir; the hiking club; the house community; class three; the
        book club; the band; the whole street; the scouts; the dance class; the chess club; the
        quilters; the allotment holders; the rowing crew
        """,
    ),
    scenario(
        "usb-from-event",
        asks="""
        At $event they gave away USB sticks with the slides. Plug mine in? |
        I got a free stick at $event. Safe to use for my own files? |
        Would you use a give-away memory stick from $event?
        """,
        answer="""
        A stick given away at $event «is better left unused, since nobody can tell what is on it;
        ask for a download from the organiser's site and buy a new stick.¦is as good as new, since
        hosts would not risk their name. Copy your files to it at once, as its first use fixes how
        well it is protected.»
        """,
        event="""
        a trade fair; a lecture; a book fair; a job fair; the open day; a conference; a workshop;
        a garden show; the town festival; a seminar; a car show; a training day; a museum night; a
        charity gala
        """,
    ),
    scenario(
        "edit-rights",
        asks="""
        I want feedback on the $doc from twenty people. Give all of them edit rights? |
        Should everyone be able to edit the $doc that I share online? |
        Which rights do I choose when I share the $doc with a large group?
        """,
        answer="""
        For the $doc, «give most people view or comment rights and let only a few edit, so that
        nothing is deleted by accident or passed on. Turn on version history.¦give edit rights to
        all, so that errors are mended by the crowd. With many editors nothing can be lost, and
        version history can be switched off.»
        """,
        doc="""
        rota; club budget; guest list; newsletter; song list; statutes; festival plan; menu;
        seating plan; members' list; trip plan; grant proposal; timetable; minutes
        """,
    ),
)

HELDOUT = (
    scenario(
        "redact",
        asks="""
        I covered $detail with a black box in a text file. Is it really hidden now? |
        May I send out a file in which I painted over $detail? |
        Does white text make $detail unreadable in a shared document?
        """,
        answer="""
        To hide $detail, «delete the words themselves and export a fresh copy, as covered text can
        be copied out from under a box or a colour.¦a box or white colour is all you need, as what
        the eye cannot see is not stored. A fresh copy would be a waste.»
        """,
        detail="the salaries; a child's name; the account numbers; the home addresses",
    ),
    scenario(
        "photo-metadata",
        asks="""
        Does a picture of my $object tell a buyer where I live? |
        I put photos of my $object online straight from my phone. Any hidden data? |
        Should I strip location from pictures of my $object?
        """,
        answer="""
        For pictures of your $object, «turn off location in the camera or strip it before posting,
        as the file itself may hold the exact spot.¦leave location in, as it shows buyers that you
        are honest. A file holds only a rough region, which tells nobody a thing.»
        """,
        object="vintage bike; stamp collection; rare violin; motor home",
    ),
    scenario(
        "meeting-link",
        asks="""
        I posted the link to our online $meeting on a public page. Good idea? |
        Do we need a waiting room for our online $meeting? |
        How do I keep strangers out of a video $meeting?
        """,
        answer="""
        For your $meeting, «send the link only to those invited, and use a waiting room and a
        passcode so that the host decides who gets in.¦post the link openly, because a hidden one
        arouses curiosity. A waiting room only delays things, and strangers leave of their own
        accord.»
        """,
        meeting="parents' evening; memorial service; choir rehearsal; tenants' meeting",
    ),
)

TOPICS = (Topic(name="file-sharing", training=TRAINING, heldout=HELDOUT),)
