/* The columns that rows are masked for, against a look at every training row. */
#include "train/own_items.h"

#include <criterion/criterion.h>

enum { ROWS = 900, STEP = 120, ITEMS = 70 };

static int32_t users[ROWS], items[ROWS], place_of[ITEMS];
static uint8_t trains[ROWS];

/* Users 5 to 45, of whom every third has no row that trains; many have an item twice. */
static td_rows make_rows(void)
{
    for (int i = 0; i < ROWS; i++) {
        users[i] = 5 + i * i % 41;
        items[i] = i * 7 % ITEMS;
        trains[i] = users[i] % 3 != 0;
    }
    return (td_rows){.count = ROWS, .user = users, .item = items};
}

static bool has(int32_t user, int32_t item, bool chosen)
{
    for (int i = 0; i < ROWS; i++)
        if (users[i] == user && items[i] == item && (!chosen || trains[i]))
            return true;
    return false;
}

/* A group's rows, from `from` on, with a user whom the training rows lack. Its columns: the items
 * from 0 on, each `every`. */
static void check_group(td_own_items *own, bool chosen, int64_t from, int32_t every)
{
    int32_t user[STEP], item[STEP], columns[ITEMS];
    size_t n = 0, masked = 0;
    const td_rows rows = {.count = STEP, .user = user, .item = item};
    for (int i = 0; i < STEP; i++) {
        user[i] = i % 17 ? users[from + i] : 5 + 41 * (i % 2);
        item[i] = items[from + i];
    }
    for (int32_t j = 0; j < ITEMS; j += every)
        columns[n++] = j;
    td_own_items_meet(own, &rows, (td_range){10, STEP - 10}, n, columns, place_of);
    for (int i = 10; i < STEP; i++) {
        const int32_t *found = td_own_items_columns(own) + own->masked[i].first;
        int64_t place = 0;
        for (size_t j = 0; j < n; j++)
            if (has(user[i], columns[j], chosen)) {
                cr_assert(place < own->masked[i].count && found[place] == (int32_t)j,
                          "row %d, column %zu", i, j);
                place++;
            }
        cr_assert_eq(place, own->masked[i].count, "row %d", i);
        masked += (size_t)place;
    }
    cr_assert_gt(masked, 0);
    for (size_t i = 0; i < ITEMS; i++)
        cr_assert_eq(place_of[i], -1);
}

Test(own_items, are_the_columns_of_users_rows)
{
    const td_rows rows = make_rows();
    for (size_t i = 0; i < ITEMS; i++)
        place_of[i] = -1;
    for (int chosen = 0; chosen < 2; chosen++) {
        td_own_items own = td_own_items_create(&rows, chosen ? trains : NULL, STEP);
        for (int64_t from = 0; from + STEP < ROWS; from += 77)
            check_group(&own, chosen, from, 1 + (int32_t)(from % 3));
        td_own_items_free(&own);
    }
}

Test(own_items, of_no_rows_are_none)
{
    const td_rows none = {0};
    td_own_items own = td_own_items_create(&none, NULL, 0);
    td_own_items_meet(&own, &none, (td_range){0, 0}, 0, NULL, place_of);
    td_own_items_free(&own);
}
