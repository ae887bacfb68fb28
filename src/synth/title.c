/* Titles: an adjective, a noun that belongs to the taste's genre, and a number for sequels where
 * the pairs of a genre are used up. An item's number within its genre is turned into words by a
 * permutation, so that titles differ without a table of those that were used. */
#include "synth/title.h"

#include "synth/random.h"

#include <stdbool.h>
#include <string.h>

enum {
    GENRES = 18,
    NOUNS = 12, /* of a genre */
    ADJECTIVES = 48,
    PAIRS = NOUNS * ADJECTIVES,
    STRIDE = 355,     /* coprime to PAIRS: steps through all pairs */
    COPIES = 96,      /* one item in so many has another one's title */
    WITH_ARTICLE = 5, /* one title in so many ends in ", The" */
    NEWEST = 1997,
    AGES = 70
};

static const struct {
    const char *name;
    const char *nouns[NOUNS];
} genres_of[GENRES] = {
    {"Action",
     {"Fist", "Strike", "Vengeance", "Bullet", "Fury", "Commando", "Target", "Outlaw", "Thunder",
      "Pursuit", "Escape", "Firestorm"}},
    {"Adventure",
     {"Voyage", "Island", "Treasure", "Compass", "Jungle", "Expedition", "Horizon", "River",
      "Summit", "Pirate", "Caravan", "Lagoon"}},
    {"Animation",
     {"Rabbit", "Toy", "Dragonfly", "Balloon", "Puppet", "Penguin", "Carousel", "Teapot", "Firefly",
      "Kitten", "Rainbow", "Gingerbread"}},
    {"Children",
     {"Playground", "Puppy", "Birthday", "Sandcastle", "Treehouse", "Grandfather", "Bicycle",
      "Lullaby", "Picnic", "Schoolyard", "Pony", "Snowman"}},
    {"Comedy",
     {"Wedding", "Neighbor", "Butler", "Honeymoon", "Fiancé", "Roommate", "Vacation",
      "Misunderstanding", "Waiter", "Reunion", "Barber", "Mother-in-Law"}},
    {"Crime",
     {"Heist", "Gangster", "Alibi", "Detective", "Informer", "Robbery", "Verdict", "Syndicate",
      "Racket", "Fugitive", "Witness", "Payoff"}},
    {"Documentary",
     {"Archive", "Harvest", "Factory", "Orchestra", "Glacier", "Migration", "Portrait", "Election",
      "Railway", "Workshop", "Archipelago", "Century"}},
    {"Drama",
     {"Letter", "Daughter", "Inheritance", "Promise", "Silence", "Confession", "Winter", "Farewell",
      "Sister", "Memory", "Señora", "Garden"}},
    {"Fantasy",
     {"Wizard", "Unicorn", "Kingdom", "Enchantment", "Amulet", "Prophecy", "Castle", "Elf",
      "Sorceress", "Griffin", "Spell", "Throne"}},
    {"Film-Noir",
     {"Shadow", "Cigarette", "Alley", "Blonde", "Raincoat", "Nightclub", "Stranger", "Mirror",
      "Staircase", "Blackmail", "Fog", "Corridor"}},
    {"Horror",
     {"Crypt", "Scream", "Vampire", "Coffin", "Possession", "Asylum", "Ghoul", "Werewolf", "Séance",
      "Cellar", "Nightmare", "Scarecrow"}},
    {"Musical",
     {"Melody", "Serenade", "Ballroom", "Chorus", "Waltz", "Tango", "Cabaret", "Trumpet",
      "Overture", "Showgirl", "Refrain", "Follies"}},
    {"Mystery",
     {"Clue", "Cipher", "Lighthouse", "Disappearance", "Key", "Manor", "Portent", "Riddle", "Diary",
      "Locket", "Labyrinth", "Passenger"}},
    {"Romance",
     {"Kiss", "Heart", "Valentine", "Rendezvous", "Sweetheart", "Embrace", "Bouquet", "Affair",
      "Moonlight", "Proposal", "Café", "Longing"}},
    {"Sci-Fi",
     {"Planet", "Android", "Galaxy", "Starship", "Orbit", "Mutant", "Hologram", "Reactor", "Signal",
      "Clone", "Asteroid", "Machine"}},
    {"Thriller",
     {"Conspiracy", "Hostage", "Ransom", "Suspect", "Deadline", "Obsession", "Trap", "Assassin",
      "Surveillance", "Traitor", "Warning", "Motive"}},
    {"War",
     {"Battalion", "Trench", "Armistice", "Regiment", "Siege", "Convoy", "Sniper", "Bridge",
      "Prisoner", "Lieutenant", "Barricade", "Front"}},
    {"Western",
     {"Saddle", "Sheriff", "Canyon", "Stagecoach", "Rider", "Saloon", "Prairie", "Rustler",
      "Mustang", "Gunslinger", "Homestead", "Rio"}},
};

static const char *const adjectives[ADJECTIVES] = {
    "Silent",   "Golden",   "Last",      "Broken",   "Hidden",  "Crimson",  "Lost",      "Distant",
    "Secret",   "Burning",  "Forgotten", "Midnight", "Lonely",  "Velvet",   "Savage",    "Gentle",
    "Frozen",   "Electric", "Wild",      "Innocent", "Perfect", "Restless", "Invisible", "Second",
    "Faithful", "Reckless", "Hollow",    "Emerald",  "Ancient", "Foolish",  "Blind",     "Final",
    "Dancing",  "Wicked",   "Tender",    "Stolen",   "Eternal", "Crooked",  "Noble",     "Quiet",
    "Scarlet",  "Paper",    "Iron",      "Blue",     "Little",  "Great",    "Strange",   "Naïve",
};

static td_random words_of(const td_synth_items *items, int64_t place)
{
    return td_philox(items->seed, SYNTH_TITLE, (uint64_t)place, 0);
}

/* Whether the item at place has the title of its taste's one before. */
static bool is_copy(const td_synth_items *items, int64_t place, td_random random)
{
    return random.word[0] % COPIES == 0 &&
           place > td_synth_items_first(items, items->at[place].taste);
}

/* Recent years are more common: the lowest of three. */
static int year_of(td_random random)
{
    uint32_t age = random.word[1] % AGES;
    for (int i = 2; i < 4; i++)
        age = random.word[i] % AGES < age ? random.word[i] % AGES : age;
    return NEWEST - (int)age;
}

char *td_synth_append_number(char *to, int64_t number)
{
    char digits[20], *const end = digits + sizeof digits, *start = end;
    do
        *--start = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    memcpy(to, start, (size_t)(end - start));
    return to + (end - start);
}

char *td_synth_title(const td_synth_items *items, int64_t place, char title[TD_SYNTH_TITLE_BYTES])
{
    td_random random = words_of(items, place);
    if (is_copy(items, place, random))
        random = words_of(items, --place);
    int64_t taste = items->at[place].taste, genre = taste % GENRES;
    int64_t tastes_of_genre = (items->tastes - genre + GENRES - 1) / GENRES;
    int64_t within = place - td_synth_items_first(items, taste);
    int64_t number = within * tastes_of_genre + taste / GENRES; /* unique within the genre */
    int64_t pair = (number * STRIDE + (int64_t)(items->seed % PAIRS)) % PAIRS;
    int64_t part = number / PAIRS + 1;
    char *to = stpcpy(title, adjectives[pair / NOUNS]);
    *to++ = ' ';
    to = stpcpy(to, genres_of[genre].nouns[pair % NOUNS]);
    if (part > 1) {
        *to++ = ' ';
        to = td_synth_append_number(to, part);
    }
    to = stpcpy(to, random.word[0] / COPIES % WITH_ARTICLE == 0 ? ", The (" : " (");
    return stpcpy(td_synth_append_number(to, year_of(random)), ")");
}

char *td_synth_genres(const td_synth_items *items, int64_t place,
                      char genres[TD_SYNTH_GENRES_BYTES])
{
    if (is_copy(items, place, words_of(items, place)))
        place--;
    int64_t first = items->at[place].taste % GENRES;
    td_random random = td_philox(items->seed, SYNTH_TITLE, (uint64_t)place, 1);
    int64_t second = random.word[0] % GENRES;
    char *to = stpcpy(genres, genres_of[first].name);
    if (second != first && random.word[1] % 2 != 0)
        to = stpcpy(stpcpy(to, "|"), genres_of[second].name);
    return to;
}
