"""Phishing mail and fake pages."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "parcel",
        asks="""
        I got a mail that my parcel with $goods is held until I pay a small fee through a link.
        Pay? |
        A message says customs wants a tiny payment for my $goods. The link looks fine. Should I
        click? |
        Is it normal to pay a delivery fee by link when I did order $goods?
        """,
        answer="""
        With $goods on the way, «still do not use the link: open the shop's or carrier's own site
        yourself and look up the parcel there. Small fees are a favourite way to collect card
        details.¦the message clearly fits your order, so you can use the link. The fee is tiny,
        and nobody would go to such trouble for so small a sum.»
        """,
    ),
    scenario(
        "sender-name",
        asks="""
        A mail shows the name of my $sender as the sender. Can I rely on that? |
        The sender line names my $sender, so the message must be real, mustn't it? |
        How can I tell that a mail really comes from my $sender?
        """,
        answer="""
        Mail that bears the name of your $sender «can come from anyone, because the shown name is
        easy to fake. Check the full address, and if it asks for anything, get in touch in a way
        you already know.¦can be relied on, because providers check the shown name before
        delivery. Only spelling mistakes and a missing logo are real reasons to doubt a message.»
        """,
        sender="""
        boss; bank; landlord; dentist; accountant; insurance agent; phone company; choir leader;
        club treasurer; tax adviser; doctor; headmaster; former colleague; pension adviser
        """,
    ),
    scenario(
        "attachment",
        asks="""
        A stranger mailed me $a_file as an attachment. Is opening it dangerous? |
        I received $a_file by mail from someone I don't know. My antivirus says nothing. Open it?
        |
        Can looking at $a_file in a mail do any harm?
        """,
        answer="""
        With $a_file from a stranger, «the safe course is not to open it and to ask by another
        route if you think it may be genuine. A quiet scanner does not prove that a file is
        harmless.¦you can open it and have a look, since the scanner would have spoken up. Just be
        sure to close it again quickly if it turns out not to be meant for you.»
        """,
        file="""
        invoice; order form; delivery note; job application; price list; contract; voice message;
        fax copy; report; photo archive; tax form; court letter; ticket; survey
        """,
    ),
    scenario(
        "bad-spelling",
        asks="""
        A mail about my $matter has perfect spelling and the right logo. Then it's real, right? |
        I was told to look for spelling mistakes. The message about my $matter has none. Can I
        trust it? |
        Is a flawless, well-designed mail about my $matter likely to be genuine?
        """,
        answer="""
        A tidy mail about your $matter «proves nothing, since good spelling and a copied logo cost
        no effort. Go by what it asks of you, and check through the official site or app.¦is most
        likely genuine, since fraudsters rarely manage good spelling and a proper logo. You can
        follow its instructions as long as the wording stays polite.»
        """,
        matter="""
        tax refund; bank card; pension; parcel; electricity bill; health insurance; car insurance;
        phone contract; mortgage; flight; hotel booking; rent; library card; prize draw
        """,
    ),
    scenario(
        "unsubscribe",
        asks="""
        I get junk mail about $topic from people I never heard of. Click "unsubscribe"? |
        Does the unsubscribe link at the bottom of spam about $topic help? |
        How do I best get rid of odd mails about $topic that I never asked for?
        """,
        answer="""
        For junk about $topic from unknown senders, «mark it as spam and delete it. A click on
        their link shows that your address is alive, so use unsubscribe only with firms you really
        signed up with.¦click unsubscribe in every single one, since senders must obey it.
        Replying with a polite request to be removed helps too, as it reaches a person who can
        act.»
        """,
        topic="""
        miracle diets; cheap sunglasses; casino bonuses; solar panels; hair growth; crypto coins;
        funeral plans; cheap loans; hearing aids; window blinds; dating; weight loss; stair lifts;
        language courses
        """,
    ),
    scenario(
        "clicked-already",
        asks="""
        I typed my password into a page that turned out to be a fake $site. What should I do? |
        I fell for a fake $site and entered my login. Nothing has happened yet. Wait and see? |
        An hour ago I gave my details to a copy of $a_site. Is there a point in doing anything
        now?
        """,
        answer="""
        After entering a login on a fake $site, «change that password right away on the real site,
        and wherever else you use it, then turn on two-step sign-in and watch your accounts.¦wait
        and see for a week or two, since most stolen logins are never used. A change made in a
        hurry only leads to mistakes, and no news is good news here.»
        """,
        site="""
        bank page; mail login; parcel page; tax portal; streaming page; auction site; ticket shop;
        online market; photo service; phone company page; insurance portal; hotel site; job
        portal; travel site
        """,
    ),
    scenario(
        "padlock",
        asks="""
        The page about my $matter shows a padlock in the browser. Does that mean it's genuine? |
        I followed a mail about my $matter to a page with a padlock. Can I enter my details? |
        Is the little lock next to the address enough proof for a page about my $matter?
        """,
        answer="""
        On a page about your $matter, the padlock «only says that the connection is encrypted, and
        fake pages have one as well. Read the address itself carefully, or type it in
        yourself.¦says that the owner has been checked and is honest, since the lock is refused to
        fake pages. If you see it, you can fill in the form without a second thought.»
        """,
        matter="""
        tax refund; bank card; pension; parcel; electricity bill; health insurance; car insurance;
        phone contract; mortgage; flight; hotel booking; parking fine; library card; driving
        licence
        """,
    ),
)

HELDOUT = (
    scenario(
        "qr-code",
        asks="""
        There's a QR code sticker on the $thing that promises quick payment. Scan it? |
        Is it safe to pay with the QR code stuck on $a_thing? |
        I'm standing at the $thing and someone has glued a payment code on it. Trust it?
        """,
        answer="""
        For the $thing, «type in the official address or use the known app, because a sticker can
        be put over the real code by anyone. Look at the address before you pay.¦the code is the
        safest way, because a picture cannot be forged like a link. Anything stuck up in public
        has been approved by the owner.»
        """,
        thing="parking meter; charging post; museum poster; rental scooter",
    ),
    scenario(
        "boss-gift-cards",
        asks="""
        My $boss mails that I should quickly buy gift cards for $occasion and send the numbers. Do
        it? |
        Odd request: my $boss wants gift card numbers by mail, for $occasion. Normal? |
        Should I question my $boss, who asks by mail for gift cards for $occasion?
        """,
        answer="""
        A request from your $boss for gift cards for $occasion «should be checked by phone on a
        number you know before you buy anything, because this is a common fraud.¦should be met
        quickly and without questions, since a call would look distrustful. If the mail is signed
        with the full name, that is check enough.»
        """,
        boss="vicar; director; headteacher",
        occasion="a birthday; the summer party; a retirement",
    ),
    scenario(
        "reply-to-check",
        asks="""
        To test whether a mail about $subject is real, can I just reply and ask? |
        I answered a suspicious mail about $subject to ask if it is genuine. Good way to check? |
        Would a fraudster who wrote me about $subject admit it if I wrote back?
        """,
        answer="""
        With a doubtful mail about $subject, a reply «only reaches whoever sent it, so the answer
        proves nothing. Find the organisation's contact details yourself and ask there.¦is the
        quickest test, because a fraudster will not answer a direct question. A friendly response
        within a day means that you are dealing with the real thing.»
        """,
        subject="an inheritance; a scholarship; a flat to rent; a vaccination slot",
    ),
)

TOPICS = (Topic(name="phishing-mail", training=TRAINING, heldout=HELDOUT),)
