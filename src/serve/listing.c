/* Copies of names and titles, beside their numbers. */
#include "serve/listing.h"

#include "base/memory.h"

#include <string.h>

td_ranked_items td_listing_make(const td_known_names *known, td_str of, size_t k,
                                const td_listed *listed, const float *ratings)
{
    td_ranked_items list = {
        .of = td_str_copy(of), .items = TD_NEW(td_ranked_item, k), .rated = ratings != NULL};
    for (; list.count < k && listed[list.count].item > 0; list.count++)
        list.items[list.count] = (td_ranked_item){
            .name = td_str_copy(td_known_names_of_item(known, listed[list.count].item)),
            .title = td_str_copy(td_known_names_title(known, listed[list.count].item)),
            .score = listed[list.count].score,
            .rating = ratings ? ratings[list.count] : 0,
        };
    return list;
}

void td_ranked_items_free(td_ranked_items *list)
{
    for (size_t i = 0; i < list->count; i++) {
        td_free(list->items[i].name);
        td_free(list->items[i].title);
    }
    td_free(list->of);
    td_free(list->items);
    td_free(list->note);
    *list = (td_ranked_items){.count = 0};
}

void td_ranked_lists_free(td_ranked_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++)
        td_ranked_items_free(&lists->lists[i]);
    td_free(lists->lists);
    *lists = (td_ranked_lists){.count = 0};
}

td_listing_columns td_listing_columns_of(const char *of, bool rated, bool has_system)
{
    td_listing_columns columns = {5, {of, "rank", "item", "title", "score"}};
    if (rated)
        columns.names[columns.count++] = "rating";
    if (has_system)
        columns.names[columns.count++] = "system";
    return columns;
}

static td_str text_of(const char *text)
{
    return (td_str){text, strlen(text)};
}

void td_listing_write(td_record_writer *writer, const td_ranked_items *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const td_ranked_item *item = &list->items[i];
        td_record_put_text(writer, text_of(list->of));
        td_record_put_int(writer, (int64_t)i + 1);
        td_record_put_text(writer, text_of(item->name));
        td_record_put_text(writer, text_of(item->title));
        td_record_put_float(writer, item->score);
        if (list->rated)
            td_record_put_float(writer, item->rating);
        if (list->system)
            td_record_put_text(writer, text_of(list->system));
    }
}

td_status td_ranked_items_write(size_t count, const td_ranked_items *lists, const char *of,
                                const td_output *output)
{
    td_record_writer *writer;
    const td_listing_columns columns =
        td_listing_columns_of(of, count > 0 && lists[0].rated, count > 0 && lists[0].system);
    TD_TRY(td_record_writer_begin(output, columns.count, columns.names, &writer));
    for (size_t i = 0; i < count; i++)
        td_listing_write(writer, &lists[i]);
    return td_record_writer_end(writer, TD_OK);
}
