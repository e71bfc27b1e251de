"""The functions of datasets/function_calls: name, arguments with the list that each is drawn
from ("[]" = two or three of them), and how people ask for it."""

FUNCTIONS = [
    ("set_alarm", "time:time label:label day:day", """
        Wake me up at {time}.
        Set an alarm for {time} on {day}.
        I need an alarm at {time}, call it {label}.
        Can you get me out of bed at {time} on {day}?
        Alarm, {time}, label {label}
    """),
    ("set_timer", "minutes:duration label:label", """
        Set a timer for {minutes}.
        Start a {label} timer for {minutes}.
        Count down {minutes} for me.
        Let me know when {minutes} have passed.
        Timer for {label}: {minutes}
    """),
    ("cancel_alarm", "label:label day:day", """
        Cancel the {label} alarm.
        I won't need the {label} alarm on {day}, turn it off.
        Delete my {day} alarm.
        Please remove the alarm called {label}.
        No alarm on {day} after all.
    """),
    ("add_event", "title:event day:day time:time location:place", """
        Put {title} in my calendar for {day} at {time}.
        Schedule {title} on {day}, {time}, at {location}.
        I have {title} on {day} at {time}.
        Block {time} on {day} for {title}.
        Add {title} at {location} to my calendar, {day} at {time}.
    """),
    ("move_event", "title:event day:day time:time", """
        Move {title} to {day}.
        Can you push {title} to {time}?
        Reschedule {title} for {day} at {time}.
        {title} has to happen on {day} instead.
        Please shift {title} to {time} on {day}.
    """),
    ("cancel_event", "title:event day:day reason:reason", """
        Cancel {title}.
        I can't make {title} on {day}, take it off my calendar.
        Call off {title} because {reason}.
        Drop {title} from {day}.
        {title} is off, {reason}.
    """),
    ("list_events", "day:day person:person", """
        What's on my calendar on {day}?
        Do I have anything with {person} on {day}?
        Show me my {day} appointments.
        When am I meeting {person}?
        Read me the plan for {day}.
    """),
    ("add_reminder", "task:task time:time day:day", """
        Remind me to {task} at {time}.
        Don't let me forget to {task} on {day}.
        On {day} at {time} I have to {task}, please remind me.
        Reminder for {day}: {task}
        I should {task}, nudge me at {time}.
        Make sure I remember to {task}.
    """),
    ("send_message", "recipient:person text:message app:app", """
        Text {recipient} that {text}.
        Send {recipient} a message saying {text}.
        Let {recipient} know that {text}.
        Tell {recipient} on {app} that {text}.
        Write to {recipient} using {app}: {text}
    """),
    ("send_email", "recipient:person subject:subject text:message", """
        Email {recipient} about {subject}.
        Send an email to {recipient} with the subject {subject} and say that {text}.
        Write {recipient} an email, subject {subject}.
        Mail {recipient} that {text}.
        Draft something to {recipient} regarding {subject} and mention that {text}.
    """),
    ("call_contact", "name:person device:call_device", """
        Call {name}.
        Ring {name} on the {device}.
        I want to talk to {name}.
        Get {name} on the line, use the {device}.
        Dial {name} please.
    """),
    ("read_messages", "sender:person app:app", """
        Read me the messages from {sender}.
        What did {sender} write on {app}?
        Anything new on {app}?
        Show the latest from {sender}.
        Open my {app} messages from {sender}.
    """),
    ("play_song", "song:song artist:artist", """
        Play {song} by {artist}.
        I want to hear {song}.
        Put on something by {artist}.
        Could you play {song} from {artist}?
        Let's listen to {song}.
    """),
    ("play_playlist", "playlist:playlist shuffle:shuffle room:room", """
        Start my {playlist} playlist.
        Play the playlist {playlist} in the {room}.
        Put {playlist} on {shuffle} in the {room}.
        Run through my {playlist} list {shuffle}.
        I'd like the {playlist} playlist, {shuffle} please.
    """),
    ("add_to_playlist", "song:song playlist:playlist", """
        Add {song} to my {playlist} playlist.
        Put this track, {song}, on {playlist}.
        {song} belongs in {playlist}.
        Save {song} to the playlist {playlist}.
    """),
    ("play_podcast", "show:podcast speed:speed", """
        Play the newest episode of {show}.
        Continue {show} at {speed} speed.
        I feel like a podcast, {show} would be nice.
        Put on {show}, {speed} speed.
        Resume {show}.
    """),
    ("set_volume", "level:percent room:room", """
        Set the volume to {level}.
        Turn the music in the {room} to {level}.
        Volume {level} please.
        It's too loud in the {room}, go down to {level}.
        Make it {level} loud in the {room}.
    """),
    ("turn_on_light", "room:room brightness:percent color:color", """
        Turn on the light in the {room}.
        Switch the {room} lights to {color}.
        Lights on in the {room}, {brightness}.
        Make the {room} {color} at {brightness}.
        It's dark in the {room}.
        Give me {color} light in the {room}.
    """),
    ("turn_off_light", "room:room delay_minutes:duration", """
        Turn off the light in the {room}.
        Lights out in the {room} in {delay_minutes}.
        Nobody is in the {room}, switch the lamp off.
        Kill the {room} lights after {delay_minutes}.
        Make the {room} dark.
    """),
    ("set_thermostat", "temperature:temperature room:room until:time", """
        Set the {room} to {temperature}.
        I'm cold, heat the {room} to {temperature}.
        Keep {temperature} in the {room} until {until}.
        Thermostat to {temperature}.
        Make it {temperature} until {until}.
    """),
    ("control_blinds", "room:room action:blind_action", """
        Please {action} the blinds in the {room}.
        {room} blinds: {action}
        Could you {action} the shades in the {room}?
        The sun is in the {room}, {action} the blinds there.
    """),
    ("lock_door", "door:door locked:lock", """
        Please {locked} the {door}.
        Can you {locked} the {door} for me?
        I'm not sure about the {door}, {locked} it.
        Go and {locked} the {door} now.
    """),
    ("start_vacuum", "room:room mode:vacuum_mode", """
        Vacuum the {room}.
        Send the robot to the {room} in {mode} mode.
        The floor in the {room} is dirty.
        Start a {mode} clean in the {room}.
        Run the vacuum in {mode} mode.
    """),
    ("brew_coffee", "drink:coffee cups:count strength:strength", """
        Make me some {drink}.
        Brew {cups} cups of {drink}.
        I'd love some {drink}, {strength} please.
        Get the machine going, {cups} cups of {drink}.
        {drink} for {cups} people, {strength}.
    """),
    ("get_weather", "city:city day:day", """
        What's the weather like in {city}?
        Will it rain in {city} on {day}?
        Do I need a coat in {city} on {day}?
        Forecast for {city}, {day}.
        How warm is it in {city} right now?
        Give me {day} weather for {city}.
    """),
    ("get_directions", "destination:place mode:travel_mode origin:place", """
        How do I get to {destination}?
        Take me to {destination} by {mode}.
        Directions from {origin} to {destination}.
        What is the quickest way to {destination} by {mode}?
        Route from {origin} to {destination} by {mode}, please.
    """),
    ("book_flight", "origin:city destination:city date:date passengers:count", """
        Book a flight from {origin} to {destination} on {date}.
        I need to fly to {destination} on {date}.
        Get {passengers} seats from {origin} to {destination}.
        Find me a plane to {destination} leaving {origin} on {date}.
        {passengers} of us are flying from {origin} to {destination} on {date}.
    """),
    ("book_train", "origin:city destination:city time:time class:travel_class", """
        Get me a train ticket from {origin} to {destination}.
        I want to take the train to {destination} at {time}.
        Book {class} class on the train from {origin} to {destination} at {time}.
        One {class} class train ticket to {destination}, please.
        Is there a seat from {origin} to {destination} at {time}? Book it.
    """),
    ("book_hotel", "city:city date:date nights:count hotel:hotel", """
        Book a hotel in {city} for {nights} nights from {date}.
        I need a room in {city} on {date}.
        Reserve {nights} nights at {hotel}.
        Get me into {hotel} in {city} on {date}.
        Find somewhere to sleep in {city} for {nights} nights.
    """),
    ("order_taxi", "destination:place time:time pickup:place", """
        Get me a taxi to {destination}.
        I need a cab to {destination} at {time}.
        Have a taxi pick me up from {pickup} at {time}.
        Order a ride from {pickup} to {destination}.
        Taxi from {pickup} to {destination}, {time}.
    """),
    ("book_table", "restaurant:restaurant people:count time:time day:day", """
        Book a table at {restaurant} for {people} at {time}.
        Reserve {restaurant} for {day}, {people} people.
        Can we eat at {restaurant} on {day} at {time}?
        Table for {people} at {restaurant}, {day}, {time}.
        I'd like to take {people} people to {restaurant} on {day}.
    """),
    ("order_food", "dish:dish quantity:count restaurant:restaurant", """
        Order {dish} from {restaurant}.
        I'm hungry, get me {dish}.
        {quantity} portions of {dish} from {restaurant}, please.
        Have {restaurant} deliver {quantity} times {dish}.
        Let's eat {dish} tonight, order {quantity}.
    """),
    ("find_recipe", "dish:dish servings:count diet:diet", """
        How do you cook {dish}?
        Find a {diet} recipe for {dish}.
        I want to make {dish} for {servings} people.
        Show me a {diet} version of {dish} that serves {servings}.
        Recipe for {dish}, {servings} servings.
    """),
    ("add_to_list", "items:grocery[] list:list_name", """
        Add {items} to the {list} list.
        We're out of {items}.
        Put {items} on my {list} list.
        I have to buy {items}.
        On the {list} list: {items}
        Don't let us run out of {items}.
    """),
    ("remove_from_list", "item:grocery list:list_name", """
        Take {item} off the {list} list.
        We already have {item}.
        Remove {item} from my {list} list.
        Scratch {item}, I bought it.
    """),
    ("buy_product", "product:product quantity:count max_price:amount", """
        Order {quantity} of the {product}.
        Buy the {product} if it costs less than {max_price}.
        I'll take {quantity} of the {product}, at most {max_price} each.
        Get me the {product}.
        Find the {product} for under {max_price} and order it.
    """),
    ("track_order", "order_number:order_number product:product", """
        Where is order {order_number}?
        Has my {product} been shipped yet?
        Track {order_number}.
        When will the {product} arrive, order {order_number}?
        I'm still waiting for my {product}.
    """),
    ("return_product", "product:product reason:defect", """
        I want to send the {product} back because {reason}.
        Return the {product}.
        The {product} is no good, {reason}.
        Start a return for my {product}: {reason}
    """),
    ("transfer_money", "recipient:person amount:amount note:note", """
        Send {amount} to {recipient}.
        Pay {recipient} {amount} for {note}.
        I owe {recipient} {amount}, transfer it.
        Wire {recipient} {amount} with the note {note}.
        Give {recipient} their {amount} back.
    """),
    ("check_balance", "account:account", """
        How much is in my {account} account?
        What's the balance of {account}?
        Is there money left in {account}?
        Show me the {account} account.
    """),
    ("split_bill", "amount:amount people:person[] note:note", """
        Split {amount} between {people}.
        I share the {amount} for {note} with {people}.
        Divide the {note} bill of {amount} among {people}.
        Ask {people} to chip in for {note}, {amount} altogether.
    """),
    ("log_expense", "amount:amount category:category note:note", """
        I spent {amount} on {note}.
        Log {amount} under {category}.
        Record an expense of {amount} for {note}, category {category}.
        {category}: {amount} for {note}
        Put down {amount}, that was {note}.
    """),
    ("convert_currency", "amount:amount to:currency", """
        How much is {amount} in {to}?
        Convert {amount} to {to}.
        What do I get in {to} for {amount}?
        {amount} into {to}, please.
    """),
    ("translate", "text:phrase language:language", """
        How do you say {text} in {language}?
        Translate {text} into {language}.
        What is {language} for {text}?
        I need {text} in {language}.
        Put {text} into {language} for me.
    """),
    ("define_word", "word:word", """
        What does {word} mean?
        Define {word}.
        Look up the word {word}.
        I keep reading {word}, what is that?
    """),
    ("get_news", "topic:topic source:source", """
        What's new in {topic}?
        Show me headlines about {topic} from {source}.
        Read the {source} stories.
        Any news on {topic}?
        Catch me up on {topic} with {source}.
    """),
    ("log_workout", "activity:activity minutes:duration day:past_day", """
        I did {minutes} of {activity}.
        Log {activity} for {day}, {minutes}.
        Record that I did {activity} {day}.
        {minutes} of {activity} done, write it down.
        Add {day}'s {activity}: {minutes}
    """),
    ("log_water", "glasses:count", """
        I drank {glasses} glasses of water.
        Log {glasses} glasses.
        That makes {glasses} glasses of water so far, note it.
        Add {glasses} glasses to my water count.
    """),
    ("take_note", "title:subject text:message", """
        Make a note: {text}
        Note down that {text}, title {title}.
        Start a note called {title}.
        Write in my {title} note that {text}.
        Keep in mind for later that {text}.
    """),
    ("create_task", "title:task project:project assignee:person priority:priority", """
        Create a task in {project} to {title}.
        Give {assignee} the job to {title}.
        New {priority} priority task: {title}
        {assignee} should {title}, that's for {project}.
        Put {title} on the {project} board with {priority} priority.
        Ask {assignee} to {title} and mark it {priority} priority.
    """),
    ("find_file", "name:file folder:folder", """
        Find the file {name}.
        Open {name} from the {folder} folder.
        Where did I save {name}?
        Look in {folder} for {name}.
    """),
    ("share_file", "name:file people:person[]", """
        Share {name} with {people}.
        Give {people} access to {name}.
        Send {people} the file {name}.
        {people} need to see {name}.
    """),
]
