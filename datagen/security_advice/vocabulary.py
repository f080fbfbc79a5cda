"""Slots that several scenarios share; each filler reads naturally wherever its slot stands."""

from datagen.scenarios import Slots
from datagen.wording import parts

TRAINING: Slots = {
    "account": parts(
        """
        online banking; pension; tax; photo storage; streaming; grocery; electricity; library; gym;
        airline; insurance; music; dentist; parcel
        """,
        ";",
    ),
    "goods": parts(
        """
        garden chairs; hiking boots; headphones; coffee beans; winter tyres; curtains; sunglasses;
        board games; running shoes; table lamps; kitchen knives; rugs; bike lights; school bags
        """,
        ";",
    ),
    "child": parts(
        """
        nine-year-old; seven-year-old; ten-year-old; twelve-year-old; thirteen-year-old;
        nine-year-old son; ten-year-old daughter; twelve-year-old son; seven-year-old daughter;
        ten-year-old nephew; nine-year-old niece; twelve-year-old stepson;
        thirteen-year-old daughter; ten-year-old grandson
        """,
        ";",
    ),
    "aside": parts(
        """
        I would rather ask than guess.; People around me disagree about this.;
        I've been wondering about this for a while.; A short answer is all I need.;
        Please keep it simple, I'm no expert.; I'd like to get this right.;
        Nobody in my family seems to know.; I read two opposite opinions on this.;
        I don't want to make a fuss about nothing.; Maybe this is a silly question.;
        I'm a little unsure here.; My friends just shrug when I ask.;
        I want to settle this today.; I never gave this much thought before.;
        I keep going back and forth on it.; I hope you can give me a straight answer.;
        I'm asking before I do anything.; It has been on my mind since this morning.;
        A colleague and I had a debate about it.; I'd like to hear a plain opinion.;
        I tend to be careless with such things.; I tend to worry too much, I'm told.
        """,
        ";",
    ),
    "opening": parts(
        """
        This comes up quite often.; That is a fair question.; Here is what I would do.;
        There is a simple rule for this.; Good that you ask.; The short answer is easy to give.;
        You are not the first to wonder.; Let me put it simply.; My advice is simple.;
        Many people ask themselves this.; I can give you a clear answer.; Happy to help with this.;
        It helps to know the usual advice.; This is quickly explained.; Thanks for asking first.;
        A few words will do here.; There is no need to puzzle over it.; Here is the gist of it.
        """,
        ";",
    ),
}
HELDOUT: Slots = {
    "aside": parts(
        """
        I'd value your view.; I'd welcome some guidance.; I honestly can't tell.;
        My partner says it makes no difference.; I could use a second opinion.;
        Just checking before it is too late.; Be frank with me, please.;
        The internet gave me ten different replies.; I'm new to all of this.;
        Sorry if that sounds naive.; It bothers me more than it should.; Help me think this through.
        """,
        ";",
    ),
    "opening": parts(
        """
        Sure, here is my view.; One thing matters most here.; I would look at it like this.;
        That can be answered in brief.; Let us take it calmly.; Glad you brought it up.;
        Plenty of people get stuck on this.; It boils down to one point.;
        Here is a sensible way to handle it.; The usual guidance is clear.
        """,
        ";",
    ),
}
