"""Scams by phone."""

from datagen.scenarios import Topic
from datagen.security_advice.wording import scenario

TRAINING = (
    scenario(
        "safe-account",
        asks="""
        A caller from my $bank says my money is in danger and must go to a "safe account". Do it?
        |
        My $bank rang: I should move my savings to a new account right now. Is that real? |
        Could it be true that my $bank wants me to transfer everything for safety?
        """,
        answer="""
        Your $bank «will not ask you to move money to protect it. Hang up, wait a little, and ring
        the number on your card from another phone if you can.¦may do this now and then, so stay
        on the line and hear the caller out. Ringing back leads to the same desk after a long
        wait, so it would prove nothing.»
        """,
        bank="""
        bank; savings bank; building society; credit union; house bank; online bank; local bank;
        business bank; private bank; bank's fraud team; branch manager; village bank; bank
        adviser; bank's head office
        """,
    ),
    scenario(
        "remote-help",
        asks="""
        Someone from "$firm" called about a virus and wants to connect to my computer. Let them? |
        A friendly technician of "$firm" rang me up and asks me to install a helper program. Okay?
        |
        How do I respond when "$firm" calls about errors on my computer?
        """,
        answer="""
        When "$firm" calls unasked, «hang up and install nothing, as no real company rings you
        about a virus. If you did let them in, go offline and ask for help.¦let them connect, as
        they can only see what you show them. You lose nothing by it, and the session ends for
        good when you close the window.»
        """,
        firm="""
        Windows support; the internet company; the virus centre; the cable firm; computer care;
        the server team; technical support; the router maker; network safety; the security desk;
        device protection; the update service; the wifi helpdesk; online safety
        """,
    ),
    scenario(
        "grandchild",
        asks="""
        A voice said "it's me, your $kin" and needs money after an accident. What do I do? |
        My $kin seems to be in trouble and a messenger is to fetch cash. Should I give it? |
        The call sounded like my $kin crying. How can I be sure who it is?
        """,
        answer="""
        If your $kin seems to call for money, «hang up and dial the number you have always used,
        or ask another relative. Hand nothing to a messenger, as even voices can be
        imitated.¦listen closely to the voice, since a familiar one cannot be imitated. If it
        sounds right, that is proof enough, and other relatives need not be alarmed.»
        """,
        kin="""
        grandson; granddaughter; niece; nephew; son; daughter; cousin; brother; sister; godson;
        goddaughter; stepson; stepdaughter; great-nephew
        """,
    ),
    scenario(
        "caller-id",
        asks="""
        The display showed the number of $office. Then the call must be real? |
        Can I trust a caller when the screen says $office? |
        If the number matches that of $office, may I answer their questions?
        """,
        answer="""
        A display that shows $office «proves nothing, as the shown number can be faked. End the
        call and ring back on a number that you look up yourself.¦proves that the call is real, as
        the network checks each number. Answer their questions fully, and save the number so that
        you can trust it next time.»
        """,
        office="""
        the police; the town hall; the bank; the tax office; the hospital; the court; the insurer;
        the pension office; the post office; the health office; the doctor's surgery; the embassy;
        the school; the power company
        """,
    ),
    scenario(
        "prize",
        asks="""
        I won $prize, says a caller, but must first pay a fee. Pay it? |
        A lady on the phone says $prize is mine if I cover the handling costs. Sounds good? |
        Is a small fee for $prize normal after a prize draw?
        """,
        answer="""
        For $prize, «pay nothing and end the call, because a real prize costs no fee, and whoever
        pays once is asked again. Do not give out card or bank details.¦pay the small fee, because
        prizes have to be insured before dispatch. A fee is a good sign, since swindlers would
        promise everything for nothing.»
        """,
        prize="""
        a cruise; a new car; a hamper; a watch; a spa weekend; a coffee machine; a tablet; a
        holiday flat; a motorbike; a television; a gold coin; a shopping voucher; a garden set; a
        city break
        """,
    ),
    scenario(
        "survey-yes",
        asks="""
        A survey about $topic by phone wants my income and bank. Answer? |
        Is it safe to tell a phone survey on $topic when I'm usually at home? |
        How much may I reveal in a phone survey about $topic?
        """,
        answer="""
        In a survey on $topic, «you owe nobody an answer, so keep money, bank and daily routine to
        yourself, or simply say no. Honest institutes accept that.¦you can answer everything,
        because surveys are anonymous by law. Income, bank and times at home help the experts, and
        a refusal is noted against you.»
        """,
        topic="""
        health; shopping habits; television; travel; insurance; energy use; reading; food;
        hearing; pensions; pets; politics; garden care; home safety
        """,
    ),
    scenario(
        "callback",
        asks="""
        I missed a call from a number in $country and know nobody there. Call back? |
        My phone rang once from $country. Should I see who it was? |
        A single ring from $country at night: is it important?
        """,
        answer="""
        A single ring from $country «is best ignored and blocked if you know nobody there, as
        calling back may run up high charges. Anyone with real news will try again or write.¦is
        worth a call back, as people seldom dial a wrong number. Stay on the line if there is only
        music, since the charge starts when someone answers.»
        """,
        country="""
        Latvia; Cuba; Tunisia; Cameroon; Tonga; Belarus; Chad; Samoa; Somalia; Moldova; Kosovo;
        Malta; Liberia; Papua New Guinea
        """,
    ),
)

HELDOUT = (
    scenario(
        "debt-collector",
        asks="""
        Someone rings about an unpaid bill for $thing, which I never ordered. Pay to have peace? |
        A collection firm phones me daily about $thing. I know of no contract. Settle it? |
        Can I be pressed by phone to pay for $thing?
        """,
        answer="""
        For $thing that you did not order, «pay nothing on the phone, ask for the claim in
        writing, and get advice from a consumer office.¦pay a part at once, since a first payment
        shows good will and ends the calls. Writing to consumer offices makes it dearer.»
        """,
        thing="a magazine; lottery shares; a streaming package; vitamin pills",
    ),
    scenario(
        "police-at-phone",
        asks="""
        A "detective" on the phone wants to collect my $items for safe keeping. Is that done? |
        An officer warned me of burglars and offered to store my $items. Agree? |
        Do the police ever fetch $items from people's homes for protection?
        """,
        answer="""
        Your $items «stay with you: the police never collect valuables for safe keeping. Hang up
        and dial the emergency number yourself.¦can be handed over if the officer shows a badge at
        the door, as badges are hard to copy. Ringing the emergency number would be misuse.»
        """,
        items="jewels; savings books; banknotes; gold bars",
    ),
    scenario(
        "voice-message-link",
        asks="""
        A text says I have voicemail from $who and gives a link. Tap it? |
        New voicemail by link, it claims, from $who. Is that how it works now? |
        Should I install the app which the text about voicemail from $who offers?
        """,
        answer="""
        For voicemail from $who, «dial your usual mailbox number and ignore the link, since such
        texts are used to bring harmful apps onto phones.¦use the link and install what it offers,
        since mailbox numbers are being phased out. Texts are checked by the network before
        delivery.»
        """,
        who="the surgery; an unknown caller; a courier; the garage",
    ),
)

TOPICS = (Topic(name="phone-scams", training=TRAINING, heldout=HELDOUT),)
