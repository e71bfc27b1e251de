"""The phrases of datasets/clinic_notes: for each term of the note, how people say it."""

GREETINGS = [
    "Good morning, what brings you in today?", "Hello, come in. What's the trouble?",
    "Hi, how can I help?", "Good afternoon. What's going on?", "So, what can we do for you?",
    "Please sit down. What seems to be the problem?",
]

QUESTIONS = {
    "duration": ["How long has this been going on?", "How long have you had this?",
                 "For how long now?", "How long is that now?"],
    "symptoms": ["Anything else?", "Have you noticed anything else with it?", "What else comes with it?",
                 "Any other complaints?"],
    "medication": ["Are you taking any medication?", "Do you take anything regularly?",
                   "Any tablets at the moment?", "What medicines are you on?"],
    "allergies": ["Are you allergic to anything?", "Any allergies?",
                  "Any medicines you don't tolerate?"],
}

DENIALS = ["No.", "No, not at all.", "No, none.", "Thankfully not.", "No, I don't think so."]

# (as said, as written); the first nine also fit an injury or a sudden illness.
DURATIONS = [
    ("since this morning", "less than 1 day"), ("for a couple of hours", "less than 1 day"),
    ("since yesterday", "1 day"), ("for two days", "2 days"), ("for three days now", "3 days"),
    ("for about four days", "4 days"), ("since five days ago", "5 days"), ("for a week", "1 week"),
    ("for ten days", "10 days"), ("for a fortnight", "2 weeks"), ("for two weeks", "2 weeks"),
    ("for about three weeks", "3 weeks"), ("for a month", "1 month"),
    ("for six weeks or so", "6 weeks"), ("for two months", "2 months"),
    ("for half a year", "6 months"), ("for around three months", "3 months"),
    ("for a whole year", "1 year"),
]
ACUTE_DURATIONS = 9

DAILY = [("once a day", "1x daily"), ("every morning", "1x daily"), ("at bedtime", "at night")]
SEVERAL = [("twice a day", "2x daily"), ("morning and evening", "2x daily"),
           ("three times a day", "3x daily")]
NEEDED = [("only when I need it", "as needed"), ("when it gets bad", "as needed")]

# (name, dose as said, dose as written, how often people take it)
MEDICINES = [
    ("ibuprofen", "four hundred milligrams", "400 mg", SEVERAL + NEEDED),
    ("paracetamol", "five hundred milligrams", "500 mg", SEVERAL + NEEDED),
    ("metformin", "one gram", "1 g", SEVERAL[:2]),
    ("lisinopril", "ten milligrams", "10 mg", DAILY),
    ("amlodipine", "five milligrams", "5 mg", DAILY),
    ("omeprazole", "twenty milligrams", "20 mg", DAILY + NEEDED),
    ("cetirizine", "ten milligrams", "10 mg", DAILY + NEEDED),
    ("levothyroxine", "fifty micrograms", "50 mcg", DAILY[:2]),
    ("sertraline", "fifty milligrams", "50 mg", DAILY),
    ("aspirin", "a hundred milligrams", "100 mg", DAILY[:2]),
    ("atorvastatin", "forty milligrams", "40 mg", DAILY),
    ("naproxen", "two hundred and fifty milligrams", "250 mg", SEVERAL + NEEDED),
    ("vitamin D", "a thousand units", "1000 IU", DAILY + [("once a week", "1x weekly")]),
    ("loratadine", "ten milligrams", "10 mg", DAILY + NEEDED),
    ("bisoprolol", "two and a half milligrams", "2.5 mg", DAILY),
    ("melatonin", "two milligrams", "2 mg", DAILY[2:] + NEEDED),
]

# (to what, reaction as said, as written)
ALLERGIES = [
    ("penicillin", "a rash", "rash"), ("codeine", "nausea", "nausea"),
    ("latex", "itching", "itching"), ("diclofenac", "wheezing", "wheezing"),
    ("peanuts", "swelling", "swelling"), ("sulfa drugs", "hives", "hives"),
    ("bee stings", "a big swelling", "swelling"), ("iodine", "a rash", "rash"),
    ("shellfish", "hives", "hives"), ("amoxicillin", "diarrhea", "diarrhea"),
]

SYMPTOMS = {
    "fever": ["I've been running a temperature", "I measured thirty-nine degrees last night",
              "I feel hot and shivery", "my temperature is up"],
    "nausea": ["I feel sick to my stomach", "I keep feeling like I'll throw up", "food makes me queasy"],
    "vomiting": ["I threw up twice", "I can't keep anything down", "I've been sick in the night"],
    "dizziness": ["the room spins when I stand up", "I get light-headed", "I feel wobbly on my feet"],
    "fatigue": ["I'm tired all the time", "I have no energy at all", "I'm worn out by noon"],
    "poor appetite": ["I don't feel like eating", "I've hardly eaten", "food doesn't interest me"],
    "cough": ["I keep coughing", "I've got a tickly cough", "I cough half the night"],
    "runny nose": ["my nose won't stop running", "I go through a box of tissues a day", "my nose drips constantly"],
    "shortness of breath": ["I get out of breath on the stairs", "I can't catch my breath",
                            "I'm puffing after a few steps"],
    "headache": ["my head is pounding", "I get a tight band around my head", "my head aches"],
    "light sensitivity": ["bright light bothers me", "I have to keep the curtains shut",
                          "screens hurt my eyes"],
    "itching": ["I can't stop scratching", "it itches like mad", "it prickles all day"],
    "swelling": ["it's all puffed up", "it has swollen to twice the size", "it looks swollen"],
    "redness": ["it has gone bright red", "the skin there is red", "it looks inflamed and red"],
    "numbness": ["it goes numb", "I can't feel my fingertips properly", "there's a dead feeling in it"],
    "stiffness": ["it's stiff in the morning", "I can hardly bend it at first", "it takes an hour to loosen up"],
    "weight loss": ["my trousers have become loose", "I've lost five kilos", "I'm getting thinner"],
    "night sweats": ["I wake up drenched", "I have to change my shirt at night", "I sweat through the sheets"],
    "palpitations": ["my heart races", "my heart skips beats", "I can feel my heart thumping"],
    "bloating": ["my belly feels like a balloon", "I'm all bloated", "I'm full of wind"],
    "burning when urinating": ["it burns when I pee", "it stings when I go to the toilet",
                               "passing water is painful"],
    "painful swallowing": ["it hurts to swallow", "swallowing is like razor blades",
                           "I can barely swallow"],
    "hearing loss": ["I don't hear well on that side", "everything sounds muffled", "I keep turning the TV up"],
    "discharge": ["there's some yellow stuff coming out", "it weeps a little", "fluid comes out of it"],
    "low mood": ["I feel down most days", "nothing cheers me up", "I cry easily"],
    "poor concentration": ["I can't focus at work", "I read the same page three times",
                           "I forget what I was doing"],
}

PLANS = {
    "rest": ["take it easy for a few days", "please rest at home", "stay in bed when you can"],
    "fluids": ["drink plenty of water", "make sure you drink enough", "keep up your fluids"],
    "blood tests": ["we'll take some blood", "I'd like to run blood tests", "the nurse will draw blood"],
    "throat swab": ["I'll swab your throat", "let's take a swab from the throat",
                    "a quick throat swab will tell us more"],
    "urine test": ["please leave a urine sample", "we'll test your urine",
                   "I need a sample of your water"],
    "chest X-ray": ["we'll get a picture of your chest", "I'm sending you for a chest X-ray",
                    "let's have your chest X-rayed"],
    "X-ray": ["let's have it X-rayed", "I want an X-ray of that", "we should take an X-ray"],
    "ECG": ["we'll do a heart tracing", "I'd like an ECG now", "let me record your heart rhythm"],
    "ice and elevation": ["put ice on it and keep it up", "cool it and raise it",
                          "use a cold pack and prop it on a pillow"],
    "physiotherapy": ["I'll refer you to the physio", "a course of physiotherapy should help",
                      "the physiotherapist will show you exercises"],
    "steroid cream": ["use a steroid cream thinly", "I'll give you a mild steroid ointment",
                      "a cortisone cream will calm it"],
    "antihistamine": ["take an antihistamine in the evening", "an allergy tablet should settle it",
                      "I'll prescribe an antihistamine"],
    "antibiotics": ["I'll start you on an antibiotic", "you need a course of antibiotics",
                    "take the antibiotic until the pack is empty"],
    "pain relief": ["take a painkiller when you need it", "I'll write you up for something for the pain",
                    "simple painkillers are fine"],
    "ear drops": ["use these ear drops", "I'll prescribe drops for the ear",
                  "put two drops in the ear at night"],
    "eye drops": ["use these eye drops", "drops in the eye four times a day",
                  "I'll give you drops for the eye"],
    "headache diary": ["write down when the headaches come", "keep a headache diary",
                       "note every attack on a calendar"],
    "sleep hygiene": ["no screens before bed", "keep regular bedtimes", "leave coffee out after lunch"],
    "food diary": ["note what you eat for two weeks", "keep a food diary", "write down every meal"],
    "counselling": ["talking to a counsellor would help", "I'll refer you for counselling",
                    "I'd like you to see our therapist"],
    "blood pressure log": ["measure your blood pressure every day", "write down your pressure readings",
                           "keep a log of your blood pressure"],
    "inhaler": ["I'll prescribe an inhaler", "use the blue puffer before exercise",
                "an inhaler will open the airways"],
    "review in 1 week": ["come back in a week", "let's see each other next week",
                         "I want to look at it again in seven days"],
    "review in 1 month": ["see me again in a month", "we'll check again in four weeks",
                          "book a follow-up for next month"],
    "return if worse": ["come back if it gets worse", "if it gets any worse, call us",
                        "don't wait if it becomes worse"],
}


def complaint(says, symptoms, plan, acute=False):
    return {"says": says, "symptoms": symptoms, "plan": plan, "acute": acute}


COMPLAINTS = {
    "sore throat": complaint(
        ["my throat is killing me", "I've got a sore throat", "my throat feels raw", "my throat hurts"],
        ["fever", "painful swallowing", "cough", "runny nose", "fatigue"],
        ["throat swab", "fluids", "rest", "return if worse"], acute=True),
    "cough": complaint(
        ["I've had this awful cough", "I can't get rid of a cough", "I'm coughing all day",
         "this cough won't leave me"],
        ["fever", "shortness of breath", "night sweats", "fatigue", "runny nose"],
        ["chest X-ray", "fluids", "inhaler", "review in 1 week"]),
    "headache": complaint(
        ["I've got these terrible headaches", "my head hurts behind the eyes", "I have a constant headache",
         "it's my head, it throbs"],
        ["nausea", "light sensitivity", "dizziness", "poor concentration"],
        ["headache diary", "pain relief", "blood pressure log", "review in 1 month"]),
    "low back pain": complaint(
        ["my lower back has seized up", "my back is bad, down at the belt", "I put my back out",
         "it hurts low down in my back"],
        ["stiffness", "numbness", "fatigue"],
        ["physiotherapy", "pain relief", "return if worse"]),
    "knee pain": complaint(
        ["my knee is giving me trouble", "I twisted my knee", "my knee hurts going downstairs",
         "there's a pain in my kneecap"],
        ["swelling", "stiffness", "redness"],
        ["X-ray", "ice and elevation", "physiotherapy", "pain relief"]),
    "ankle injury": complaint(
        ["I rolled my ankle", "I slipped on the kerb and hurt my ankle", "my ankle gave way at football",
         "I sprained my ankle"],
        ["swelling", "redness", "numbness"],
        ["X-ray", "ice and elevation", "rest", "review in 1 week"], acute=True),
    "skin rash": complaint(
        ["I've come out in a rash", "there are spots all over my arms", "my skin has flared up",
         "I've got this patchy rash"],
        ["itching", "fever", "swelling", "redness"],
        ["steroid cream", "antihistamine", "return if worse"], acute=True),
    "ear pain": complaint(
        ["my ear is throbbing", "I've got earache", "there's a stabbing pain in my ear", "my ear hurts"],
        ["hearing loss", "discharge", "fever"],
        ["ear drops", "antibiotics", "pain relief", "review in 1 week"], acute=True),
    "abdominal pain": complaint(
        ["my tummy hurts", "I have cramps in my belly", "I've got stomach pains",
         "there's an ache in my abdomen"],
        ["nausea", "vomiting", "bloating", "poor appetite", "fever"],
        ["blood tests", "urine test", "food diary", "return if worse"]),
    "heartburn": complaint(
        ["I get acid coming up after meals", "I have this burning behind the breastbone",
         "my heartburn is back", "everything I eat comes up sour"],
        ["nausea", "bloating", "cough", "weight loss"],
        ["food diary", "blood tests", "review in 1 month"]),
    "insomnia": complaint(
        ["I can't sleep", "I lie awake until three", "I haven't slept properly",
         "I wake up every night and that's it"],
        ["fatigue", "low mood", "poor concentration", "palpitations"],
        ["sleep hygiene", "counselling", "review in 1 month"]),
    "fatigue": complaint(
        ["I'm exhausted whatever I do", "I could sleep all day", "I'm just so tired",
         "I have no strength left"],
        ["weight loss", "low mood", "night sweats", "poor appetite", "palpitations"],
        ["blood tests", "rest", "review in 1 month"]),
    "dizziness": complaint(
        ["I keep getting dizzy", "everything turns around me", "I nearly fainted at the shop",
         "I have dizzy spells"],
        ["nausea", "palpitations", "hearing loss", "headache"],
        ["ECG", "blood pressure log", "fluids", "blood tests"]),
    "urinary complaint": complaint(
        ["I have to run to the toilet all the time", "I think I've got a water infection",
         "I'm always needing to pee", "something is wrong with my bladder"],
        ["burning when urinating", "fever", "nausea"],
        ["urine test", "fluids", "antibiotics", "return if worse"], acute=True),
    "red eye": complaint(
        ["my eye is all red", "I woke up with a sticky eye", "something is wrong with my left eye",
         "my eye looks terrible"],
        ["itching", "discharge", "light sensitivity", "swelling"],
        ["eye drops", "antihistamine", "review in 1 week"], acute=True),
    "shoulder pain": complaint(
        ["I can't lift my arm above the shoulder", "my shoulder hurts at night", "my shoulder is stuck",
         "I strained my shoulder painting"],
        ["stiffness", "numbness", "swelling"],
        ["X-ray", "physiotherapy", "pain relief"]),
    "hay fever": complaint(
        ["it's the pollen again", "I sneeze from morning to night", "my hay fever has started",
         "I can't go near grass"],
        ["runny nose", "itching", "cough", "headache"],
        ["antihistamine", "eye drops", "return if worse"]),
    "chest tightness": complaint(
        ["there's a weight on my chest", "my chest feels tight", "I get a squeezing in my chest",
         "it's like a belt around my ribs"],
        ["shortness of breath", "palpitations", "dizziness", "nausea"],
        ["ECG", "chest X-ray", "blood tests", "return if worse"]),
    "wrist pain": complaint(
        ["my wrist aches from typing", "I fell on my hand and the wrist hurts", "my wrist is sore",
         "my wrist clicks and hurts"],
        ["numbness", "swelling", "stiffness"],
        ["X-ray", "rest", "physiotherapy", "review in 1 week"]),
    "low mood": complaint(
        ["I've lost interest in everything", "I feel empty", "I can't enjoy anything any more",
         "I'm at rock bottom, to be honest"],
        ["fatigue", "poor appetite", "poor concentration", "weight loss"],
        ["counselling", "sleep hygiene", "blood tests", "review in 1 week"]),
    "high blood pressure": complaint(
        ["the pharmacy said my pressure is too high", "my home readings are way up",
         "my blood pressure won't come down", "the nurse sent me because of my pressure"],
        ["headache", "dizziness", "palpitations", "swelling"],
        ["blood pressure log", "ECG", "blood tests", "review in 1 month"]),
    "cut hand": complaint(
        ["I cut my hand on a tin", "I sliced my palm in the kitchen", "there's a gash in my hand",
         "a glass broke in my hand"],
        ["redness", "numbness", "discharge", "swelling"],
        ["antibiotics", "pain relief", "review in 1 week"], acute=True),
}
