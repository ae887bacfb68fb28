#include "text/column_words.h"

#include <ctype.h>
#include <string.h>

enum { WORDS = 32 };

/* Each list ends with NULL. */
static const char *const words[TD_COLUMN_MEANINGS][WORDS] = {
    [TD_COLUMN_USER] = {"user",      "userid",   "userids",    "useridtoken", "useruuid",
                        "uid",       "customer", "customerid", "visitor",     "visitorid",
                        "member",    "memberid", "reviewerid", "profileid",   "account",
                        "accountid", "session",  "sessionid",  "client",      "clientid"},
    [TD_COLUMN_ITEM] = {"item",    "itemid",   "itemidtoken", "iid",     "movie",
                        "movieid", "product",  "productid",   "article", "articleid",
                        "asin",    "isbn",     "bookid",      "sku",     "trackid",
                        "songid",  "artistid", "businessid",  "gameid",  "videoid",
                        "newsid",  "contentid"},
    [TD_COLUMN_LABEL] = {"rating", "stars", "score", "label", "overall"},
    [TD_COLUMN_WEIGHT] = {"weight"},
    [TD_COLUMN_TITLE] = {"title", "name", "productname", "prodname", "itemname"},
    [TD_COLUMN_TIME] = {"time", "timestamp", "ts", "date", "datetime", "when", "createdat",
                        "eventtime", "created", "unixreviewtime", "day"},
};

td_column_word td_column_word_of(td_str name)
{
    td_column_word word = {""};
    size_t length = 0;
    for (size_t i = 0; i < name.length && length + 1 < sizeof word.text; i++) {
        if (length > 0 && (name.text[i] == '(' || name.text[i] == '['))
            break;
        if (isalnum((unsigned char)name.text[i]))
            word.text[length++] = (char)tolower((unsigned char)name.text[i]);
    }
    return word;
}

bool td_column_means(const td_column_word *word, td_column_meaning meaning)
{
    for (const char *const *known = words[meaning]; *known; known++)
        if (strcmp(word->text, *known) == 0)
            return true;
    return false;
}
