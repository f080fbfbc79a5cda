"""Exercise: warming up, building up, soreness, rest and everyday fitness."""

from datagen.medical_advice.vocabulary import phrases
from datagen.scenarios import Scenario, Topic

_TRAINING = (
    Scenario(
        name="warm-up",
        asks=(
            "I start $sport straight from my desk, no warm-up, and feel stiff. What should I do "
            "first?",
            "Do I need a warm-up before $sport? I have only $length and would like to skip it.",
            "My calves twinge in the first minutes of $sport. How should I begin?",
        ),
        answer=(
            "«Give five to ten of your $length to easy movement that looks like $sport in slow "
            "motion, then build up.¦Give all of your $length to full effort, since the first "
            "minutes of $sport are when muscles are at their strongest.» «Long, still stretches "
            "are better kept for the end.¦Long, still stretches on cold muscles are the only "
            "other thing worth doing.»"
        ),
        slots={
            "sport": phrases(
                "running, tennis, football, squash, hockey, badminton, basketball, rowing, "
                "netball, sprinting, boxing, volleyball, handball, skipping"
            ),
            "length": phrases("forty minutes, thirty minutes, fifty minutes"),
        },
    ),
    Scenario(
        name="sore-muscles",
        asks=(
            "Two days after $doing my $part still ache all over. Is that harmful, and may I move?",
            "Is it a bad sign that my $part are sore for days after $doing?",
            "sore $part since $doing the day before yesterday. rest or keep moving?",
        ),
        answer=(
            "«Soreness that peaks after a day or two is common when $doing is new to you. Light "
            "movement helps; let your $part settle before the next hard session.¦Soreness after a "
            "day or two shows that you did too little. Go back to $doing at double the effort "
            "today, and your $part will stop aching at once.» A warm bath and a decent night's "
            "sleep «do more than any pill¦slow the whole thing down»."
        ),
        slots={
            "part": phrases("legs, thighs, calves"),
            "doing": phrases(
                "hill walking, squatting, climbing stairs, skiing, cycling, step class, trail "
                "running, doing lunges, playing football, ice skating, dancing, pushing a "
                "wheelbarrow, rowing"
            ),
        },
    ),
    Scenario(
        name="too-much-too-soon",
        asks=(
            "I'm new to running and want to do $event in $weeks weeks. How fast do I raise the "
            "distance?",
            "$Event is $weeks weeks off. I run five kilometres at present. May I double that each "
            "week?",
            "Is it all right to add ten kilometres a week? $Event is $weeks weeks away and I'm "
            "impatient.",
        ),
        answer=(
            "«Add a little at a time, with an easier week every so often; bones and tendons adapt "
            "slowly. If $weeks weeks are too short for $event, pick a later one.¦Double it every "
            "week and leave out easier weeks; bones and tendons adapt overnight. Even $weeks "
            "weeks are plenty for $event, so sign up for a second one.» Pain that changes your "
            "stride is a reason to «pause¦push on»."
        ),
        slots={
            "event": phrases(
                "the charity ten, the park half marathon, the city relay, the harbour run, the "
                "autumn trail run, the night run, the bridge run, the forest ten, the village fun "
                "run, the mud race, the club championship, the island run, the company race"
            ),
            "weeks": phrases("six, eight, ten"),
        },
    ),
    Scenario(
        name="back-to-sitting",
        asks=(
            "I sit all day as $a_job and go to the gym on $day only. Is that enough movement?",
            "As $a_job I hardly stand up before evening. Besides one gym visit on $day, what "
            "would help?",
            "One hard workout every $day, and otherwise I'm in a chair; I'm $a_job. What's "
            "missing?",
        ),
        answer=(
            "«Spread it out: aim for about 150 minutes of brisk activity over the week, and being "
            "$a_job, get up for a few minutes every half hour. One $day session alone is a "
            "little thin.¦Bundle it up: one very hard $day session covers the whole week, and "
            "being $a_job, stay seated in between so that the muscles can recover. Short walks "
            "use up strength.»"
        ),
        slots={
            "job": phrases(
                "coder, copywriter, bus driver, solicitor, call agent, clerk, tax adviser, "
                "student, novelist, designer, taxi driver, cashier, translator"
            ),
            "day": phrases("Saturday, Sunday, Wednesday"),
        },
    ),
    Scenario(
        name="spot-reduction",
        asks=(
            "I'd like to lose fat from my belly before $event. Will two hundred sit-ups a day do "
            "it?",
            "Which exercise burns belly fat only? $Event is coming up and I do sit-ups daily.",
            "Sit-ups every morning for $event, but my waist stays as it was. What am I doing "
            "wrong?",
        ),
        answer=(
            "«Sit-ups strengthen the muscle but do not choose where fat goes. For a smaller waist "
            "by $event, combine whole-body activity with ordinary, slightly smaller "
            "meals.¦Sit-ups melt the fat that lies right above the muscle. For a smaller waist by "
            "$event, double the number and leave out all other activity, which burns the wrong "
            "fat.» Expect to see a change after «some weeks rather than days¦two or three days at "
            "the most»."
        ),
        slots={
            "event": phrases(
                "the beach holiday, a cousin's wedding, the reunion, the dance gala, the photo "
                "shoot, midsummer, the class trip, the prom, the cruise, the gymnastics show, the "
                "birthday, the pool party, the costume fitting"
            ),
        },
    ),
    Scenario(
        name="strength-age",
        asks=(
            "My $person is $age and asks whether lifting light weights makes sense at that age. "
            "Does it?",
            "At $age, should my $person try strength training, or is walking all that's left?",
            "How would a beginner of $age start with weights? My $person has no illnesses and is "
            "keen.",
        ),
        answer=(
            "Strength work «is useful at $age too: it helps with balance, bones and stairs. Your "
            "$person could start with light weights and a trainer twice a week and add more "
            "slowly.¦has no effect at $age: muscle can no longer grow, and bones just wear down. "
            "Your $person had better sit more, avoid stairs and save the joints for later years.»"
        ),
        slots={
            "person": phrases(
                "mother, father, aunt, uncle, grandmother, grandfather, neighbour, landlady, "
                "mother-in-law, father-in-law, stepfather, godmother, choir leader"
            ),
            "age": phrases("sixty-eight, seventy, seventy-two, seventy-five"),
        },
    ),
    Scenario(
        name="rest-days",
        asks=(
            "I do $sport hard seven days a week, and my times are getting worse. Train more?",
            "Do I really need days off from $sport? I feel flat and sleep badly lately.",
            "My $sport form is dropping although I train every single day. What would a coach say?",
        ),
        answer=(
            "«Getting worse on daily hard sessions often means too little recovery. Plan one or "
            "two easy days a week, sleep well, and let $sport be light until the spring comes "
            "back.¦Getting worse on daily hard sessions mostly means too little training. Add an "
            "evening session, sleep less if you must, and let $sport be hardest on the days you "
            "feel flat.» Food matters as well: «eat enough around hard days¦eat less around hard "
            "days»."
        ),
        slots={
            "sport": phrases(
                "swimming, cycling, running, rowing, climbing, boxing, weightlifting, triathlon, "
                "judo, gymnastics, fencing, karate, track"
            ),
        },
    ),
    Scenario(
        name="breathing-lift",
        asks=(
            "While lifting $thing I hold my breath and get light-headed. How should I breathe?",
            "Is it correct to hold my breath the whole time I lift $thing?",
            "A friend told me to breathe out when I lift $thing. Which way round is it?",
        ),
        answer=(
            "«Breathe out on the effort and in on the way back, so pressure does not build up. If "
            "lifting $thing still makes you light-headed, use less weight.¦Hold your breath from "
            "the first lift to the last, so pressure can build up. If lifting $thing makes you "
            "light-headed, that is power on its way.» Start with a weight that you can move «ten "
            "times in good form¦only once with a swing»."
        ),
        slots={
            "thing": phrases(
                "a kettlebell, dumbbells, a barbell, a sandbag, medicine balls, weight plates, a "
                "heavy rucksack, a full crate, boxes at work, a loaded bar, water cans, a tyre, "
                "bags of compost"
            ),
        },
    ),
)

_HELDOUT = (
    Scenario(
        name="stitch",
        asks=(
            "A sharp stitch under my ribs stops me on every $route. How do I prevent it?",
            "Why do I get side stitches on the $route, always after lunch?",
            "Cramp in my side ten minutes into the $route. Carry on or slow down?",
        ),
        answer=(
            "«Slow down, breathe deeply and press on the spot until it eases. Leave about two "
            "hours between a big meal and the $route, and start at a gentler pace.¦Speed up, take "
            "quick shallow breaths and pull in the belly until it eases. Eat a big meal right "
            "before the $route, and start at full pace.» Good posture and «even breathing make it "
            "rarer over time¦holding your breath make it rarer over time»."
        ),
        slots={
            "route": phrases("park loop, river path, hill circuit, canal mile"),
        },
    ),
    Scenario(
        name="gym-after-break",
        asks=(
            "I've been away from the gym for half a year because of $cause. Do I pick up my old "
            "weights?",
            "Back in the weights room after six months off; $cause got in the way. Where do I "
            "start?",
            "Can I bench what I used to? Half a year passed with no training owing to $cause.",
        ),
        answer=(
            "«Begin with about half of what you used to lift, mind your form, and add weight over "
            "several weeks. Strength lost to $cause comes back faster than it was built.¦Begin "
            "with a little more than you used to lift, never mind form, and go to your limit on "
            "day one. Strength lost to $cause comes back only through shock.» Two sessions a week "
            "«are plenty in the first month¦are useless, so go every day»."
        ),
        slots={
            "cause": phrases("a new baby, exams, a building job abroad, a house move"),
        },
    ),
    Scenario(
        name="cold-weather-workout",
        asks=(
            "It's minus two and I want to go out for $sport. What should I wear and watch for?",
            "Clothes for winter $sport: one thick jumper or several thin things?",
            "do my lungs freeze if i do $sport in frost? and how do i dress?",
        ),
        answer=(
            "«Several thin layers, a hat and gloves do well. Start $sport slowly, breathe through "
            "a scarf if cold air stings, and change out of damp clothes soon afterwards.¦One "
            "thick cotton jumper and nothing on the head does well. Start $sport fast, pant "
            "through an open mouth, and keep damp clothes on afterwards to cool off slowly.» On "
            "ice, «choose another route or stay indoors¦go a bit faster for a better grip»."
        ),
        slots={
            "sport": phrases("Nordic walking, jogging, road cycling"),
        },
    ),
)

TOPICS = (Topic(name="exercise", training=_TRAINING, heldout=_HELDOUT),)
