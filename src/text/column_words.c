/* A key's word is a noun (customer), or one with an ending (customer_id, Kundennummer) or a
 * beginning (id_cliente); the other words are whole. */
#include "text/column_words.h"

#include "base/utf8.h"
#include "text/latin_letters.h"

#include <ctype.h>
#include <string.h>

enum { WORDS = 64 };

typedef const char *const word_list[WORDS]; /* ends with NULL */

/* Words that say it alone, and those that do with an ending of an id, but may mean else without. */
static word_list sure[TD_COLUMN_MEANINGS] = {
    [TD_COLUMN_USER] = {"user",        "uid",        "username",  "customer",    "visitor",
                        "member",      "account",    "session",   "client",      "listener",
                        "patron",      "borrower",   "buyer",     "subscriber",  "learner",
                        "shopper",     "kunde",      "kunden",    "nutzer",      "benutzer",
                        "klient",      "leser",      "mitglied",  "hoerer",      "leserausweis",
                        "utilisateur", "usager",     "abonne",    "usuario",     "cliente",
                        "clienti",     "utente",     "gebruiker", "klant",       "klanten",
                        "kundenkonto", "utilizador", "lecteur",   "benutzername"},
    [TD_COLUMN_ITEM] = {"item",      "iid",     "movie",    "product",  "article", "asin",
                        "isbn",      "sku",     "artikel",  "produkt",  "produit", "producto",
                        "prodotto",  "produto", "articulo", "articolo", "artigo",  "medien",
                        "bibrecord", "ean",     "gtin"},
    [TD_COLUMN_LABEL] = {"rating", "stars", "score", "label", "overall", "bewertung", "sterne",
                         "evaluation", "calificacion", "puntuacion", "valutazione", "avaliacao",
                         "beoordeling"},
    [TD_COLUMN_WEIGHT] = {"weight"},
    [TD_COLUMN_TITLE] = {"title", "name", "productname", "prodname", "itemname", "titel",
                         "bezeichnung", "artikelbezeichnung", "artikelname", "titre", "titulo",
                         "titolo", "produktname", "nombre", "naam"},
    [TD_COLUMN_TIME] = {"time",  "timestamp",  "ts",        "date",      "datetime",
                        "when",  "createdat",  "eventtime", "created",   "unixreviewtime",
                        "day",   "zeit",       "datum",     "zeitpunkt", "zeitstempel",
                        "fecha", "horodatage", "tijd",      "tijdstip",  "eventdate"},
    [TD_COLUMN_GROUP] = {"order",       "basket",     "cart",     "session",    "invoice",
                         "transaction", "receipt",    "bestell",  "bestellung", "auftrag",
                         "rechnung",    "warenkorb",  "commande", "panier",     "pedido",
                         "ordine",      "bestelling", "facture",  "factura",    "fattura",
                         "checkout",    "purchase",   "visit"},
};
static word_list weak[TD_COLUMN_MEANINGS] = {
    [TD_COLUMN_USER] = {"player", "guest", "patient", "reader", "reviewer", "profile", "person",
                        "student", "viewer", "rater", "usr", "login", "clients", "users",
                        "customers"},
    [TD_COLUMN_ITEM] = {"book",   "track",   "song",       "artist",   "business", "game",
                        "video",  "news",    "content",    "episode",  "podcast",  "recipe",
                        "course", "listing", "hotel",      "poi",      "place",    "app",
                        "film",   "venue",   "restaurant", "document", "doc",      "photo",
                        "prod",   "buch",    "livre",      "libro",    "livro",    "boek",
                        "lied",   "rezept",  "kurs",       "show",     "anime",    "beer",
                        "post",   "offer",   "property",   "bib",      "reference"},
    [TD_COLUMN_LABEL] = {"note", "nota", "voto", "grade", "punkte", "estrellas", "etoiles",
                         "stelle", "estrelas", "cijfer", "overallrating", "reviewrating",
                         "reviewscore"},
    [TD_COLUMN_TITLE] = {"nom", "nome", "designation", "descripcion", "booktitle", "movietitle",
                         "tracktitle", "bookname", "moviename", "trackname", "songname"},
    [TD_COLUMN_TIME] = {"data", "dt", "hora", "heure", "uhrzeit", "dia", "jour", "giorno"},
};

static bool is_among(const char *word, size_t length, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == length && memcmp(word, *list, length) == 0)
            return true;
    return false;
}

/* Whether a noun of keys is in a list, with what may stand before it. */
static bool is_noun(const char *word, size_t length, const char *const *list)
{
    static const char *const before[] = {"",       "id",  "cod",    "code", "codigo",
                                         "codice", "num", "numero", NULL};
    for (size_t b = 0; before[b]; b++) {
        const size_t taken = strlen(before[b]);
        if (length > taken && memcmp(word, before[b], taken) == 0 &&
            is_among(word + taken, length - taken, list))
            return true;
    }
    return false;
}

/* How well a word of users, items or groups fits. The ending of an id makes weak nouns sure; that
 * of a number does not, as tracks and episodes have numbers that are no ids. */
static td_column_fit fit_key(const char *word, td_column_meaning meaning)
{
    static const char *const ids[] = {"id",   "ids",     "idtoken", "uuid", "guid", "uri",   "key",
                                      "code", "barcode", "hash",    "ref",  "pk",   "index", NULL};
    static const char *const others[] = {"", "nr", "no", "number", "num", "nummer", "numero", NULL};
    const size_t length = strlen(word);
    td_column_fit fit = TD_FIT_NONE;
    for (size_t e = 0; others[e]; e++) {
        const size_t noun = length - strlen(others[e]);
        if (!td_ends_with(word, others[e]) || noun == 0)
            continue;
        if (is_noun(word, noun, sure[meaning]))
            return TD_FIT_SURE;
        if (is_noun(word, noun, weak[meaning]))
            fit = TD_FIT_WEAK;
    }
    for (size_t e = 0; ids[e]; e++) {
        const size_t noun = length - strlen(ids[e]);
        if (td_ends_with(word, ids[e]) && noun > 0 &&
            (is_noun(word, noun, sure[meaning]) || is_noun(word, noun, weak[meaning])))
            return TD_FIT_SURE;
    }
    return fit;
}

/* What compounds of dates and titles end with: Kaufdatum, release_date, Buchtitel. */
static td_column_fit fit_compound(const char *word, td_column_meaning meaning)
{
    static const char *const times[] = {"datum", "date", "zeit", "time", "timestamp", "tijd", NULL};
    static const char *const titles[] = {"title", "titel", "bezeichnung", NULL};
    const char *const *ends = meaning == TD_COLUMN_TIME    ? times
                              : meaning == TD_COLUMN_TITLE ? titles
                                                           : NULL;
    for (; ends && *ends; ends++)
        if (td_ends_with(word, *ends))
            return TD_FIT_WEAK;
    return TD_FIT_NONE;
}

static td_column_fit fit_value(const char *word, td_column_meaning meaning)
{
    const size_t length = strlen(word);
    if (is_among(word, length, sure[meaning]))
        return TD_FIT_SURE;
    return is_among(word, length, weak[meaning]) ? TD_FIT_WEAK : fit_compound(word, meaning);
}

static td_column_fit better(td_column_fit a, td_column_fit b)
{
    return a > b ? a : b;
}

/* Adds a character's letters and digits to a word. */
static void add(td_column_word *word, size_t *length, uint32_t code)
{
    const char ascii[] = {(char)code, '\0'}, *letters = code < 0x80 ? ascii : td_latin_letter(code);
    for (; letters && *letters && *length + 1 < sizeof word->text; letters++)
        if (isalnum((unsigned char)*letters))
            word->text[(*length)++] = (char)tolower((unsigned char)*letters);
}

td_column_word td_column_word_of(td_str name)
{
    td_column_word word = {.text = ""};
    size_t length = 0, at = 0, character;
    bool parts = false; /* a dot was met since the last letter */
    for (; at<name.length; at += character> 0 ? character : 1) {
        const size_t before = length;
        uint32_t code = 0;
        character = td_utf8_decode(name.text + at, name.length - at, &code);
        if (length > 0 && (name.text[at] == '(' || name.text[at] == '['))
            break;
        parts = parts || (name.text[at] == '.' && length > 0);
        if (character > 0)
            add(&word, &length, code);
        if (length > before && parts) {
            word.pair = word.last;
            word.last = before;
            parts = false;
        }
    }
    return word;
}

td_column_fit td_column_fits(const td_column_word *word, td_column_meaning meaning)
{
    td_column_fit (*const fit)(const char *, td_column_meaning) =
        meaning == TD_COLUMN_USER || meaning == TD_COLUMN_ITEM || meaning == TD_COLUMN_GROUP
            ? fit_key
            : fit_value;
    const td_column_fit whole =
        better(fit(word->text, meaning), fit(word->text + word->pair, meaning));
    const bool is_name = word->last > 0 && fit == fit_key &&
                         fit_value(word->text + word->last, TD_COLUMN_TITLE) == TD_FIT_SURE;
    if (is_name && whole > TD_FIT_WEAK)
        return TD_FIT_WEAK; /* user.name may be what user.id is called */
    return better(whole, fit(word->text + word->last, meaning));
}

bool td_column_means(const td_column_word *word, td_column_meaning meaning)
{
    return td_column_fits(word, meaning) == TD_FIT_SURE;
}
