/* The schemas of the formats that are known by a name. A new format is a text. */
#include "prepare/schema_file.h"

#include <string.h>

static const char movielens_100k[] = "interactions:\n"
                                     "  file: u.data\n"
                                     "  separator: tab\n"
                                     "  trim: no\n"
                                     "  encoding: latin1\n"
                                     "  header: no\n"
                                     "  width: 4\n"
                                     "  fields:\n"
                                     "    user: {column: 1, kind: category, role: user}\n"
                                     "    item: {column: 2, kind: category, role: item}\n"
                                     "    rating: {column: 3, kind: number, role: label}\n"
                                     "    timestamp: {column: 4, kind: time, role: time}\n"
                                     "items:\n"
                                     "  file: u.item\n"
                                     "  separator: '|'\n"
                                     "  quote: none\n"
                                     "  trim: no\n"
                                     "  encoding: latin1\n"
                                     "  header: no\n"
                                     "  width: any\n"
                                     "  key: 1\n"
                                     "  named_by: title\n"
                                     "  fields:\n"
                                     "    title: {column: 2, kind: text, role: title}\n";

static const char movielens_1m[] = "interactions:\n"
                                   "  file: ratings.dat\n"
                                   "  separator: '::'\n"
                                   "  trim: no\n"
                                   "  encoding: auto\n"
                                   "  header: no\n"
                                   "  width: 4\n"
                                   "  fields:\n"
                                   "    user: {column: 1, kind: category, role: user}\n"
                                   "    item: {column: 2, kind: category, role: item}\n"
                                   "    rating: {column: 3, kind: number, role: label}\n"
                                   "    timestamp: {column: 4, kind: time, role: time}\n"
                                   "items:\n"
                                   "  file: movies.dat\n"
                                   "  separator: '::'\n"
                                   "  trim: no\n"
                                   "  encoding: auto\n"
                                   "  header: no\n"
                                   "  width: any\n"
                                   "  key: 1\n"
                                   "  named_by: title\n"
                                   "  fields:\n"
                                   "    title: {column: 2, kind: text, role: title}\n";

static const char movielens_csv[] = "interactions:\n"
                                    "  file: ratings.csv\n"
                                    "  form: csv\n"
                                    "  trim: no\n"
                                    "  fields:\n"
                                    "    user: {column: userId, kind: category, role: user}\n"
                                    "    item: {column: movieId, kind: category, role: item}\n"
                                    "    rating: {kind: number, role: label}\n"
                                    "    timestamp: {kind: time, role: time}\n"
                                    "items:\n"
                                    "  file: movies.csv\n"
                                    "  form: csv\n"
                                    "  trim: no\n"
                                    "  key: movieId\n"
                                    "  named_by: title\n"
                                    "  fields:\n"
                                    "    title: {kind: text, role: title}\n";

static const struct {
    const char *format;
    const char *text;
} schemas[] = {
    {"movielens-100k", movielens_100k},
    {"movielens-1m", movielens_1m},
    {"movielens-csv", movielens_csv},
};

const char *td_schema_built_in(const char *format)
{
    for (size_t s = 0; s < sizeof schemas / sizeof *schemas; s++)
        if (strcmp(schemas[s].format, format) == 0)
            return schemas[s].text;
    return NULL;
}
