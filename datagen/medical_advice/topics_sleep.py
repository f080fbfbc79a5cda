"""Sleep: habits, naps, light, noise and tiredness."""

from datagen.medical_advice.vocabulary import phrases
from datagen.scenarios import Scenario, Topic

_TRAINING = (
    Scenario(
        name="caffeine",
        asks=(
            "I usually have $a_drink around $hour and then lie awake until one. Could the two be "
            "linked?",
            "My habit is $a_drink at about $hour. Lately I can't drop off at night. Should I "
            "change anything?",
            "can't sleep lately and my partner blames the $drink I have at $hour. is that fair?",
        ),
        answer=(
            "«Caffeine stays in the body for many hours, so it may well be behind this. Move the "
            "$drink from $hour to the morning for two weeks and see whether you drop off "
            "sooner.¦Caffeine leaves the body within the hour, so it is hardly behind this. Keep "
            "the $drink at $hour for now and look for the cause in your mattress or your pillow.» "
            "Chocolate in the evening can «add to the problem as well¦be left out of the "
            "question too»."
        ),
        slots={
            "drink": phrases(
                "coffee, black tea, cola, green tea, latte, cappuccino, mocha, flat white, cold "
                "brew, cortado, matcha latte, espresso, iced coffee"
            ),
            "hour": phrases("five, six, half past five, seven"),
        },
    ),
    Scenario(
        name="feeling-fine",
        asks=(
            "I work as $a_job and get by on about $hours hours of sleep. I feel fine, so is that "
            "enough?",
            "As $a_job I rarely sleep more than $hours hours, and I've got used to it. Any reason "
            "to change?",
            "My days as $a_job leave me $hours hours in bed at most. I don't feel tired. Is this "
            "all right?",
        ),
        answer=(
            "Feeling fine is «a poor guide here, because we stop noticing that we are tired. Most "
            "adults need seven hours or more, so look at how your week as $a_job could allow "
            "that.¦the best guide here, because the body usually tells us when it is tired. If "
            "$hours hours carry you through the week as $a_job, sleeping longer brings nothing.»"
        ),
        slots={
            "job": phrases(
                "baker, teacher, bus driver, barista, chef, nurse, waiter, translator, florist, "
                "tailor, programmer, journalist, bookkeeper, gardener"
            ),
            "hours": phrases("four, five, three or four"),
        },
    ),
    Scenario(
        name="nightcap",
        asks=(
            "A small $drink before bed knocks me out, but I wake at three. Would dropping it help?",
            "To fall asleep I have a little $drink most evenings. Is that a sensible sleeping aid?",
            "Some nights I sip a $drink in bed because it makes me drowsy. Good idea or bad?",
            "My uncle swears by a $drink as the cure for bad nights. Should I copy him?",
        ),
        answer=(
            "«Alcohol helps people nod off but breaks up the second half of the night, so a "
            "$drink is a poor sleeping aid. A warm bath or a quiet book is a better way to wind "
            "down.¦Alcohol helps people nod off and then keeps sleep deep until morning, so a "
            "$drink is a good sleeping aid. It works better than a warm bath or a quiet book.» If "
            "you do drink, let «a few hours pass before you lie down¦it be the last thing before "
            "you lie down»."
        ),
        slots={
            "drink": phrases(
                "sherry, brandy, whisky, beer, port, cider, glass of red wine, glass of white "
                "wine, rum, gin and tonic, liqueur, vermouth, mulled wine"
            ),
        },
    ),
    Scenario(
        name="screens",
        asks=(
            "I spend the last hour in bed $doing on my phone and then feel wide awake. What "
            "should I try?",
            "Is $doing on a phone right before lights-out really bad for sleep? It's how I relax.",
            "My evenings end with me $doing on the phone under the covers. How could I fall "
            "asleep faster?",
        ),
        answer=(
            "«Bright light and busy content both keep the brain alert. Stop $doing on the phone "
            "about an hour before bed, leave it in another room and do something dull instead.¦A "
            "bright screen tires the eyes, and tired eyes bring sleep. Go on $doing on the phone "
            "until you drop off, and turn the brightness up if it takes too long.» Within a week "
            "or so you should notice «that you drop off sooner¦that the habit does no harm»."
        ),
        slots={
            "doing": phrases(
                "reading the news, playing chess, answering messages, watching clips, looking at "
                "flats, shopping, scrolling through recipes, following cricket, playing puzzles, "
                "browsing photos, comparing holidays, reading forums, checking work mail, "
                "learning Spanish"
            ),
        },
    ),
    Scenario(
        name="lie-awake",
        asks=(
            "When I can't sleep I stay in bed and think about $worry for two hours. Should I do "
            "something else?",
            "Most nights I lie there turning over $worry. Is it better to get up or to stay put?",
            "It's the third night that $worry kept me awake. What do I do when I've been lying "
            "there for ages?",
        ),
        answer=(
            "«Get up after twenty minutes or so, sit somewhere dim until you feel sleepy, then go "
            "back. Writing a few lines about $worry early in the evening also helps.¦Stay in bed "
            "however long it takes, because lying still counts as sleep. Going over $worry until "
            "it is settled in your mind also helps.» A clock in view «only adds pressure, so "
            "turn it round¦helps you stay calm, so turn it towards you»."
        ),
        slots={
            "worry": phrases(
                "the tax return, the move, a work deadline, the exam results, the car repair, a "
                "row with a friend, the wedding plans, next week's talk, the heating bill, the "
                "new boss, the school run, a job interview, the kitchen leak"
            ),
        },
    ),
    Scenario(
        name="long-nap",
        asks=(
            "I nap for $length after $chore, and then bedtime is hopeless. How should I nap?",
            "After $chore I sleep $length on the sofa, and at night I'm wide awake. Any advice?",
            "sunday routine: $chore, then $length on the sofa. sunday night: no sleep at all. "
            "what now?",
        ),
        answer=(
            "«Keep naps to about twenty minutes and take them before mid-afternoon. A short rest "
            "after $chore refreshes you and leaves enough tiredness for the night.¦Make naps "
            "longer and take them closer to the evening. A deep sleep of two or three hours after "
            "$chore trains the body to sleep well at night.» If you still wake at night, «skip "
            "the nap for a week and see¦add a second nap for a week and see»."
        ),
        slots={
            "chore": phrases(
                "mowing the lawn, the weekly shop, football practice, a big lunch, cleaning the "
                "house, choir, the morning shift, a long run, gardening, washing the car, a "
                "family visit, the market, swimming"
            ),
            "length": phrases("ninety minutes, two hours, an hour and a half"),
        },
    ),
    Scenario(
        name="warm-room",
        asks=(
            "I sleep in $room and keep it at 25 degrees. I wake up sweaty. What temperature is "
            "best?",
            "We moved our bed to $room, where it is very warm at night. Does that matter for "
            "sleep?",
            "What should the temperature be in $room if I want to sleep soundly there?",
        ),
        answer=(
            "«Cool suits sleep best, about 16 to 19 degrees for most people. Turn the heating "
            "down in $room, air it before bed and use a lighter cover.¦Warm suits sleep best, "
            "about 25 to 28 degrees for most people. Turn the heating up in $room, keep it shut "
            "and use a heavier cover.» Warm feet are a different matter, and «thin socks are "
            "fine¦thick socks would spoil it»."
        ),
        slots={
            "room": phrases(
                "the attic, the spare room, a small studio, the back bedroom, a basement flat, "
                "the box room, the loft, the old nursery, the front bedroom, a rented room, the "
                "garden room, the guest room, a camper van"
            ),
        },
    ),
    Scenario(
        name="weekend-shift",
        asks=(
            "On weekdays I'm up at $hour for $reason, and at weekends I lie in till noon. Is that "
            "why Mondays hurt?",
            "Because of $reason I rise at $hour, then sleep until midday on days off. Should I "
            "keep this up?",
            "How do I stop feeling jet-lagged every Monday? I get up at $hour for $reason and "
            "sleep till noon on Sunday.",
        ),
        answer=(
            "«Big lie-ins shift the body clock, so Monday feels like a change of time zone. Get "
            "up within an hour or so of your $reason time all week.¦Big lie-ins store up sleep "
            "for the days ahead, so Monday would be worse without them. Forget your $reason time "
            "and sleep even longer on Sunday.» Morning daylight also «sets the clock, so open the "
            "curtains¦upsets the clock, so keep the curtains closed»."
        ),
        slots={
            "reason": phrases(
                "school, rowing practice, the early train, the bakery, work, the dog, college, "
                "the stables, the farm, swim club, the post round, breakfast club, the warehouse"
            ),
            "hour": phrases("five, six, half past six"),
        },
    ),
)

_HELDOUT = (
    Scenario(
        name="snoring",
        asks=(
            "My $person snores loudly and is exhausted every day, even after long nights. Is this "
            "worth a doctor's visit?",
            "Loud snores with gaps in breathing, and then a sleepy day: that's my $person. Should "
            "we do anything?",
            "Every night my $person snores and now and then seems to stop breathing. Just laugh "
            "it off?",
        ),
        answer=(
            "Snoring «with pauses in breathing and daytime tiredness deserves an ordinary "
            "appointment, since sleep apnoea can be treated well. Your $person could mention "
            "both¦is only a noise, and pauses in breathing simply show that sleep is deep. Your "
            "$person can ignore both and try an extra coffee in the morning». Sleeping on the "
            "side and less alcohol «often help the noise as well¦make the noise louder»."
        ),
        slots={
            "person": phrases("husband, brother, flatmate, grandfather, wife"),
        },
    ),
    Scenario(
        name="heavy-supper",
        asks=(
            "A big $meal at ten in the evening leaves me with heartburn in bed. When ought I to "
            "eat?",
            "Does it matter that my $meal comes half an hour before I lie down? I get acid in my "
            "throat.",
            "Night shifts end late, so my $meal is at eleven and bed follows at once. I wake with "
            "a sour taste.",
        ),
        answer=(
            "«Leave two to three hours between your $meal and lying down, choose something "
            "lighter, and raise the head of the bed a little if the acid comes back.¦Lie down "
            "straight after your $meal, because the stomach empties faster when flat, and choose "
            "something richer that keeps the acid busy.» Mint and chocolate «bother some people "
            "too¦are the best remedies», so watch what sets it off."
        ),
        slots={
            "meal": phrases("curry, pizza, roast, fry-up, pasta bake"),
        },
    ),
    Scenario(
        name="shift-curtains",
        asks=(
            "After nights at the $place I try to sleep in a bright bedroom. Any tips for daytime "
            "sleep?",
            "I've started overnight work at the $place and sleep badly by day. What can I change "
            "at home?",
            "My body won't sleep past nine in the morning after a $place shift. How do others "
            "manage?",
        ),
        answer=(
            "«Make it dark and quiet: thick curtains, an eye mask and earplugs. Sunglasses on the "
            "way home from the $place also tell the body that night is coming.¦Make it bright "
            "and lively: open curtains, a radio and no mask. A slow walk home from the $place in "
            "full sunshine also brings sleep on sooner.» Ask the household for quiet hours «and "
            "put your phone on silent¦only if you must, and leave your phone on»."
        ),
        slots={
            "place": phrases("hospital, depot, hotel, factory"),
        },
    ),
)

TOPICS = (Topic(name="sleep", training=_TRAINING, heldout=_HELDOUT),)
