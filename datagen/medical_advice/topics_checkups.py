"""Check-ups and everyday questions of when to see somebody."""

from datagen.medical_advice.vocabulary import phrases
from datagen.scenarios import Scenario, Topic

_TRAINING = (
    Scenario(
        name="bp-measure",
        asks=(
            "I measure my blood pressure right after $doing, and it's always high. Am I doing it "
            "wrong?",
            "How should I sit for a home blood pressure reading? I do it straight after $doing.",
            "home readings jump about. i take them just after $doing, standing. tips?",
        ),
        answer=(
            "«Rest for five minutes first, sit with your back supported, feet flat and the arm at "
            "heart level, and don't talk. Wait half an hour after $doing and note two "
            "readings.¦Don't rest first, let the arm hang loose at your side, and chat so that "
            "you are relaxed. Right after $doing the heart shows its true state, so one reading "
            "will do.» Take it «at the same times each day and bring the list along¦whenever you "
            "happen to think of it, without a list»."
        ),
        slots={
            "doing": phrases(
                "climbing the stairs, a coffee, jogging, breakfast, vacuuming, a cigarette break, "
                "walking the dog, cycling home, a phone call, carrying shopping, cooking, "
                "gardening, the school run, dancing"
            ),
        },
    ),
    Scenario(
        name="bp-no-symptoms",
        asks=(
            "I'm $age and feel well as $a_job. Do I need my blood pressure checked?",
            "At $age, with no complaints, is a blood pressure check a waste of time? I'm $a_job "
            "by trade.",
            "Would I not feel it if my blood pressure were high? I'm $a_job, $age.",
        ),
        answer=(
            "«Have it checked: high pressure mostly gives no signs for years. At $age, a pharmacy "
            "or surgery can measure it in minutes, and being $a_job in good form is no "
            "proof.¦Leave it unchecked: high pressure usually shows in a headache and red face. "
            "At $age, feeling fine is proof enough, and being $a_job in good form rules it out.» "
            "Less salt and more walking «help to keep it in range¦have no influence on it at "
            "all»."
        ),
        slots={
            "age": phrases("forty-two, forty-eight, fifty-one"),
            "job": phrases(
                "baker, plumber, teacher, tailor, gardener, librarian, joiner, florist, "
                "decorator, postman, roofer, translator, cook, potter"
            ),
        },
    ),
    Scenario(
        name="fasting-blood",
        asks=(
            "I have a fasting blood test at eight. May I have $drink beforehand?",
            "Does $drink break the fast before a blood test in the morning?",
            "blood test tomorrow, it says fasting. is $drink allowed on the way?",
        ),
        answer=(
            "«Leave out $drink and anything else but plain water until the sample is taken, "
            "unless the surgery says otherwise. Water is welcome and makes the vein easier to "
            "find.¦Have $drink and a sweet roll on the way, but no plain water, whatever the "
            "surgery says. Sugar steadies the values and makes the vein easier to find.» Your "
            "daily tablets «are best discussed with the surgery beforehand¦need not be mentioned "
            "to the surgery at all»."
        ),
        slots={
            "drink": phrases(
                "milky coffee, orange juice, a smoothie, chewing gum and tea, a latte, apple "
                "juice, a protein shake, cola, hot chocolate, sweet tea, oat milk, lemonade, a "
                "yoghurt drink"
            ),
        },
    ),
    Scenario(
        name="note-list",
        asks=(
            "I forget half of what I want to ask at the doctor's, last time about my $topic. How "
            "do I prepare?",
            "Ten minutes at the surgery fly by. How do I make sure my $topic gets talked about?",
            "What should I take along to an appointment about my $topic?",
        ),
        answer=(
            "«Write down your main question first: when the $topic began, what helps and what "
            "makes it worse. Take a list of all you take, and repeat the plan back at the "
            "end.¦Save your main question for the last second and tell nothing about when the "
            "$topic began. Leave out what you take, since the doctor has it on file, and save "
            "questions about the plan for next time.»"
        ),
        slots={
            "topic": phrases(
                "heartburn, knee pain, tiredness, dry skin, itchy scalp, hay fever, stiff hip, "
                "bad sleep, back ache, ringing ears, cold feet, bloating, sore thumb"
            ),
        },
    ),
    Scenario(
        name="cervical-screen",
        asks=(
            "I've been invited to $test, and I have no complaints at all. Do I need to go?",
            "A letter came for $test. I feel well. Throw it away?",
            "is it worth going to $test when nothing hurts? the date clashes with work",
        ),
        answer=(
            "«Yes: screening is meant for people who feel well, as it finds changes early. If the "
            "date for $test does not suit, ring and move it instead of missing it.¦No: screening "
            "is meant for people in pain, as it finds nothing early. If the date for $test does "
            "not suit, bin the letter and wait until it hurts.» Results often come by post, «so "
            "see that your address is right¦and there's little point in opening them»."
        ),
        slots={
            "test": phrases(
                "breast screening, bowel screening, cervical screening, a diabetes check, a "
                "hearing check, an eye pressure check, a cholesterol check, a bone density scan, "
                "a kidney check, a skin check, a routine health check, a midlife check, a sight "
                "test"
            ),
        },
    ),
    Scenario(
        name="earwax",
        asks=(
            "My ear feels blocked after $doing. Is a cotton bud the way to clear wax?",
            "How do I get wax out of my ear? It's muffled since $doing. Cotton buds, candles, "
            "drops?",
            "muffled ear after $doing, i think it's wax. can i dig it out myself?",
        ),
        answer=(
            "«Leave buds alone: they push wax deeper. A few drops of olive oil twice a day for "
            "some days often work; see a nurse if $doing leaves it blocked, sore or runny.¦Use "
            "buds freely: they pull wax outward. A long twist as deep as it will go each hour "
            "often works; see no nurse even if $doing leaves it blocked, sore or runny.» Ear "
            "candles «do not work and can burn¦do work and are safe to use alone», whatever the "
            "packet says."
        ),
        slots={
            "doing": phrases(
                "swimming, a shower, wearing earplugs, a bath, surfing, using earphones, a hair "
                "wash, snorkelling, a long phone call, band practice, a sauna, a nap, headphones "
                "all day"
            ),
        },
    ),
    Scenario(
        name="weigh-in",
        asks=(
            "I weigh myself $often, and my weight jumps by a kilo after $meal. Is that fat?",
            "The scales show a kilo more after $meal. How can that be, and should I weigh myself "
            "$often?",
            "one kilo up the morning after $meal. panic? i step on the scales $often",
        ),
        answer=(
            "«A kilo overnight is mostly water, salt and food in transit, not fat. After $meal, "
            "don't fret; weigh at the same hour and look at the trend over several weeks "
            "instead.¦A kilo overnight is mostly pure fat. After $meal, cut the next day's water; "
            "weigh at a different hour each time and act on each single figure at once.»"
        ),
        slots={
            "meal": phrases(
                "a pizza, ramen, a curry, sushi, a barbecue, a pub lunch, a salty soup, tapas, a "
                "Chinese takeaway, Sunday roast, a cheese board, fondue, a burger night"
            ),
            "often": phrases("four times a day, morning and night, after each meal"),
        },
    ),
    Scenario(
        name="online-search",
        asks=(
            "I read about $sign on a forum and now I fear the worst. What's a sensible step?",
            "Should I trust a forum that says $sign means something grave?",
            "Been up reading about $sign since two. How do I stop, and whom do I ask?",
        ),
        answer=(
            "«Close the forum: $sign has mostly harmless causes, and strangers do not know yours. "
            "Note how long it has been there and ask a pharmacist or your doctor in office "
            "hours.¦Stay on the forum: $sign has one cause only, and strangers know it best. Read "
            "until the worst answer turns up, and tell neither a pharmacist nor your doctor.» "
            "Official health pages «are a better start if you must read¦are the last thing you "
            "should ever read»."
        ),
        slots={
            "sign": phrases(
                "a twitching eyelid, hiccups, cold fingers, a dry mouth, a clicking jaw, brittle "
                "nails, a noisy belly, split nails, a click in the knee, a ridged nail, a "
                "tingling toe, a furry tongue, a popping shoulder"
            ),
        },
    ),
)

_HELDOUT = (
    Scenario(
        name="new-glasses-doctor-or-optician",
        asks=(
            "Letters on the $sign look fuzzy from across the road. Optician, doctor, or wait?",
            "I can't read the $sign any more unless I squint. Where do I go first?",
            "For how long can one put off a sight test if the $sign is a blur?",
        ),
        answer=(
            "«Book an optician soon; a test every two years or so is sensible anyway. If the "
            "$sign is a blur, leave the driving until you have been tested.¦Book nothing yet; a "
            "test every twenty years or so is sensible. If the $sign is a blur, narrow your eyes "
            "for a few months until they learn.» Bring old glasses to the test «so that the two "
            "can be compared¦only if somebody asks for them»."
        ),
        slots={
            "sign": phrases("bus timetable, street sign, departure board, cafe menu"),
        },
    ),
    Scenario(
        name="wart-when",
        asks=(
            "I've had a $kind on my hand for two months. Is a doctor's visit called for?",
            "Do I need to have a $kind cut out, or can I try something from the pharmacy?",
            "A $kind turned up by my knuckle. Bite it off, freeze it, wait?",
        ),
        answer=(
            "«Many go by themselves, though slowly. A pharmacy gel for a $kind, used patiently "
            "for weeks, is a fair first try; don't pick at it, and ask if you are not sure what "
            "it is.¦None go by themselves. Filing a $kind down until it is raw is a fair first "
            "try; pharmacy gels feed it, and if you are not sure what it is, do that anyway.» "
            "Cover it at the pool «and use your own towel¦only if someone asks»."
        ),
        slots={
            "kind": phrases("wart, flat wart, rough wart"),
        },
    ),
    Scenario(
        name="hearing-check",
        asks=(
            "My $person turns the television up and up and says we mumble. Worth a hearing test?",
            "When should my $person have hearing checked? The radio is deafening.",
            'Is it rude to suggest a hearing check to my $person, who asks "what?" all day?',
        ),
        answer=(
            "«It's kind, not rude: hearing fades slowly, and aids work best when started early. "
            "An audiologist or optician can test your $person, and wax may even be the "
            "cause.¦It's rude and useless: hearing fades overnight, and aids make the ears lazy. "
            "Just speak louder to your $person, and put off any test until speech is no longer "
            "heard at all.» Face the person when you speak «and turn the radio down¦as little as "
            "you can, and leave the radio on»."
        ),
        slots={
            "person": phrases("grandfather, dad, mum, landlord"),
        },
    ),
)

TOPICS = (Topic(name="checkups", training=_TRAINING, heldout=_HELDOUT),)
