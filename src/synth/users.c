/* Users: how active they are, what they like, when they come, and so which items they rate how.
 *
 * A user picks by taste and popularity, passes over what is out of fashion, and never takes an
 * item twice. Ratings are counted in 1/256 star. */
#include "synth/users.h"

#include "base/log.h"
#include "base/memory.h"
#include "synth/random.h"

enum {
    LIKED = 2,    /* tastes that a user has, the stronger first */
    PATIENCE = 64 /* attempts at one row before the next free place is taken */
};

typedef struct {
    uint64_t index;
    int64_t tastes[LIKED];
    uint32_t below[LIKED]; /* a 16-bit coin below it: an item of this taste; else of any */
    int bias;              /* what the user adds to every rating */
    int64_t arrival;       /* seconds after TD_SYNTH_TIME_FIRST */
    uint32_t attempts;     /* so far */
} user_state;

td_synth_users td_synth_users_create(const td_synth_options *options, const td_synth_items *items)
{
    return (td_synth_users){.options = *options,
                            .items = items,
                            .taken_by = TD_NEW(int32_t, (size_t)items->count),
                            .next = TD_NEW(int32_t, (size_t)items->count),
                            .rows = TD_NEW(td_synth_row, (size_t)items->count)};
}

void td_synth_users_free(td_synth_users *users)
{
    td_free(users->taken_by);
    td_free(users->next);
    td_free(users->rows);
    *users = (td_synth_users){0};
}

static double square(double x)
{
    return x * x;
}

/* The share of all ratings that the share x of the least active users has. Its slope is a user's
 * activity over the mean: 0.2 at the lowest, 0.7 in the middle, 5.7 at the highest. The
 * coefficients add up to 1 and are exact; sums and products of rising terms rise, rounded too. */
static double lorenz(double x)
{
    double x2 = square(x), x8 = square(square(x2)), x64 = square(square(square(x8)));
    return 0.1953125 * x + x2 * x * 0.640625 + x8 * 0.125 + x64 * 0.0390625;
}

#define STEEPEST 5.6796875 /* lorenz'(1) */

/* How many rows the first `place` users in order of activity have. Where the mean is near half
 * the items, the curve is flattened so that nobody needs more than that. */
static int64_t rows_before(const td_synth_options *options, int64_t place)
{
    if (place == options->users)
        return options->ratings;
    double users = (double)options->users, spare = (double)(options->ratings - options->users);
    double room = (double)options->items * 0.5 * users; /* rows if everyone took half the items */
    double skew = room >= STEEPEST * spare ? 1 : (room - spare) / ((STEEPEST - 1) * spare);
    double x = (double)place / users;
    return place + (int64_t)(spare * ((1 - skew) * x + skew * lorenz(x)));
}

int64_t td_synth_users_activity(const td_synth_options *options, int64_t user)
{
    int64_t place = (int64_t)td_synth_permute(options->seed, SYNTH_USER_ORDER,
                                              (uint64_t)options->users, (uint64_t)user);
    return rows_before(options, place + 1) - rows_before(options, place);
}

/* Tastes are drawn as often as their items are popular, so that popularity keeps its shape. */
static user_state meet_user(const td_synth_users *users, int64_t index)
{
    user_state user = {.index = (uint64_t)index};
    uint64_t seed = users->options.seed;
    for (uint32_t i = 0; i < LIKED; i++) {
        uint64_t bits = td_philox_key(seed, SYNTH_USER, user.index, i);
        int64_t place = td_synth_items_draw(users->items, 0, users->items->count, bits);
        user.tastes[i] = users->items->at[place].taste;
    }
    td_random random = td_philox(seed, SYNTH_USER, user.index, LIKED);
    user.bias = td_synth_bell(random.word[0]) * 3 / 4;
    user.below[0] = 45875 + (random.word[1] & 0x1fff); /* 70 to 82 % */
    user.below[1] = user.below[0] + 9830;              /* 15 % */
    user.arrival = (int64_t)td_synth_below(td_synth_half(random, 1), (uint64_t)TD_SYNTH_TIME_SPAN);
    return user;
}

/* One attempt: an item of a liked taste, or of any. */
static int64_t pick_place(const td_synth_users *users, const user_state *user, td_random random)
{
    const td_synth_items *items = users->items;
    uint32_t coin = random.word[2] & 0xffff;
    int64_t first = 0, end = items->count;
    for (int i = 0; i < LIKED; i++)
        if (coin < user->below[i]) {
            first = td_synth_items_first(items, user->tastes[i]);
            end = td_synth_items_first(items, user->tastes[i] + 1);
            break;
        }
    return td_synth_items_draw(items, first, end, td_synth_half(random, 0));
}

/* In fashion, every item is taken; half the time span away, five in eight. */
static bool in_fashion(const user_state *user, td_synth_item item, td_random random)
{
    int64_t now = (user->arrival << 16) / TD_SYNTH_TIME_SPAN;
    int64_t distance = now > item.peak ? now - item.peak : item.peak - now;
    return (int64_t)(random.word[3] & 0xffff) >= distance * 3 / 4;
}

/* The first place from this one on, around the end too, that the user did not take. What was passed
 * on the way leads there at once the next time: popular places stand together, and soon all are
 * taken. There is one, since nobody has more rows than there are items. */
static int64_t free_place(td_synth_users *users, int32_t mark, int64_t place)
{
    int64_t found = place;
    while (users->taken_by[found] == mark)
        found = users->next[found];
    while (place != found) {
        const int64_t then = users->next[place];
        users->next[place] = (int32_t)found;
        place = then;
    }
    return found;
}

static int64_t take_place(td_synth_users *users, user_state *user)
{
    const int32_t mark = (int32_t)user->index + 1;
    int64_t place = 0;
    for (int attempt = 0; attempt < PATIENCE; attempt++) {
        td_random random =
            td_philox(users->options.seed, SYNTH_CHOICE, user->index, user->attempts++);
        place = pick_place(users, user, random);
        if (users->taken_by[place] != mark && in_fashion(user, users->items->at[place], random))
            break;
    }
    place = free_place(users, mark, place);
    users->taken_by[place] = mark;
    users->next[place] = (int32_t)((place + 1) % users->items->count);
    return place;
}

static int rate(const user_state *user, td_synth_item item, td_random random)
{
    static const int match[LIKED] = {128, 64};
    int score = 832 + item.quality + user->bias + td_synth_bell(random.word[0]) * 3 / 2;
    int liking = -128;
    for (int i = LIKED - 1; i >= 0; i--)
        if (item.taste == user->tastes[i])
            liking = match[i];
    int rating = (score + liking + 128) / 256;
    return rating < 1 ? 1 : rating > 5 ? 5 : rating;
}

/* Seconds from one row to the next: below a minute, but one time in 64 the user comes back half a
 * day to two days later. */
static int64_t pause_after(td_random random)
{
    uint32_t word = random.word[1];
    return (word & 63) == 0 ? 43200 + (int64_t)(word >> 6) % 129600 : (word >> 6) % 60;
}

int64_t td_synth_users_make(td_synth_users *users, int64_t index)
{
    user_state user = meet_user(users, index);
    int64_t count = td_synth_users_activity(&users->options, index);
    TD_ASSERT(count >= 1 && count <= users->items->count);
    int64_t now = TD_SYNTH_TIME_FIRST + user.arrival;
    for (int64_t i = 0; i < count; i++) {
        td_synth_item item = users->items->at[take_place(users, &user)];
        td_random random = td_philox(users->options.seed, SYNTH_RATING, user.index, (uint32_t)i);
        users->rows[i] = (td_synth_row){item.id, rate(&user, item, random), now};
        now += pause_after(random);
    }
    return count;
}
