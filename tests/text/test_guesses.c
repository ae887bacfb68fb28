/* What columns' names, first lines and dates are taken for. */
#include "text/column_words.h"
#include "text/date_forms.h"
#include "text/display_width.h"
#include "text/guess.h"
#include "text/time_text.h"

#include <criterion/criterion.h>
#include <string.h>

static td_column_fit fit_of(const char *name, td_column_meaning meaning)
{
    const td_column_word word = td_column_word_of((td_str){name, strlen(name)});
    return td_column_fits(&word, meaning);
}

Test(guesses, words_of_columns)
{
    const struct {
        const char *name;
        td_column_meaning meaning;
        td_column_fit fit;
    } cases[] = {
        {"user_id", TD_COLUMN_USER, TD_FIT_SURE},
        {"userId (hash)", TD_COLUMN_USER, TD_FIT_SURE},
        {"Kundennummer", TD_COLUMN_USER, TD_FIT_SURE},
        {"Kunden-Nr.", TD_COLUMN_USER, TD_FIT_SURE},
        {"H\xc3\xb6rer", TD_COLUMN_USER, TD_FIT_SURE},
        {"id_cliente", TD_COLUMN_USER, TD_FIT_SURE},
        {"gebruiker", TD_COLUMN_USER, TD_FIT_SURE},
        {"player", TD_COLUMN_USER, TD_FIT_WEAK},
        {"player_id", TD_COLUMN_USER, TD_FIT_SURE},
        {"listener.id", TD_COLUMN_USER, TD_FIT_SURE},
        {"meta.listener.id", TD_COLUMN_USER, TD_FIT_SURE},
        {"user.name", TD_COLUMN_USER, TD_FIT_WEAK},
        {"user.age", TD_COLUMN_USER, TD_FIT_NONE},
        {"price", TD_COLUMN_USER, TD_FIT_NONE},
        {"id", TD_COLUMN_USER, TD_FIT_NONE},
        {"", TD_COLUMN_USER, TD_FIT_NONE},
        {"customer", TD_COLUMN_ITEM, TD_FIT_NONE},
        {"Artikel-Nr.", TD_COLUMN_ITEM, TD_FIT_SURE},
        {"Mediennummer", TD_COLUMN_ITEM, TD_FIT_SURE},
        {"codigo_producto", TD_COLUMN_ITEM, TD_FIT_SURE},
        {"episode.guid", TD_COLUMN_ITEM, TD_FIT_SURE},
        {"episode number", TD_COLUMN_ITEM, TD_FIT_WEAK},
        {"track_uri", TD_COLUMN_ITEM, TD_FIT_SURE},
        {"items", TD_COLUMN_ITEM, TD_FIT_NONE},
        {"order", TD_COLUMN_ITEM, TD_FIT_NONE},
        {"order_id", TD_COLUMN_GROUP, TD_FIT_SURE},
        {"Bestellnr", TD_COLUMN_GROUP, TD_FIT_SURE},
        {"session_id", TD_COLUMN_USER, TD_FIT_SURE},
        {"session_id", TD_COLUMN_GROUP, TD_FIT_SURE},
        {"stars (0-10)", TD_COLUMN_LABEL, TD_FIT_SURE},
        {"Bewertung", TD_COLUMN_LABEL, TD_FIT_SURE},
        {"note", TD_COLUMN_LABEL, TD_FIT_WEAK},
        {"t\xc3\xadtulo", TD_COLUMN_TITLE, TD_FIT_SURE},
        {"Artikelbezeichnung", TD_COLUMN_TITLE, TD_FIT_SURE},
        {"episode.title", TD_COLUMN_TITLE, TD_FIT_SURE},
        {"fecha", TD_COLUMN_TIME, TD_FIT_SURE},
        {"data", TD_COLUMN_TIME, TD_FIT_WEAK},
        {"Kaufdatum", TD_COLUMN_TIME, TD_FIT_WEAK},
        {"meta.ts", TD_COLUMN_TIME, TD_FIT_SURE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(fit_of(cases[i].name, cases[i].meaning), cases[i].fit, "%s", cases[i].name);
}

Test(guesses, first_lines)
{
    static const struct {
        const char *text;
        td_first_line found;
        bool certain;
    } cases[] = {
        {"user,thing\nann,x\nbob,y\n", TD_FIRST_HEADER, true},
        {"a,b\n1,x\n2,y\n", TD_FIRST_HEADER, true},
        {"wer,was,wann\nu1,i1,2026-03-01 10:00\nu2,i2,\n", TD_FIRST_HEADER, true},
        {"wer,was,wann\nu1,i1,1/3/26\nu2,i2,2/3/26\n", TD_FIRST_HEADER, true},
        {"player,game\nann,go\nbob,chess\n", TD_FIRST_HEADER, false},
        {"wer,was\nu1,brot\nu2,milch\n", TD_FIRST_HEADER, false},
        {"wer,was\nann,brot\nbob,milch\n", TD_FIRST_ROW, false},
        {"eve,z\nann,x\nbob,y\n", TD_FIRST_ROW, false},
        {"ann,bread\nbob,milk\nann,milk\n", TD_FIRST_ROW, true},
        {"u1,i1\nu2,i2\n", TD_FIRST_ROW, true},
        {"ann,i1\nu1,i2\nu2,i3\n", TD_FIRST_ROW, true},
        {"1,2\n3,4\n", TD_FIRST_ROW, true},
        {"u,x,2026-03-01\nv,y,2026-03-02\n", TD_FIRST_ROW, true},
        {"ann,NA\nbob,3\neve,4\n", TD_FIRST_ROW, false},
        {"player,game\nann,go\nplayer,game\nbob,chess\n", TD_FIRST_HEADER, false},
        {"eve\n", TD_FIRST_ROW, false},
    };
    static const char *columns[] = {"1", "2", "3"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text, *end = strchr(text, '\n');
        td_table_form form = {.fields = {.separator = ",", .quote = '"', .trim = true}, .count = 1};
        for (const char *at = text; at < end; at++)
            form.count += *at == ',';
        bool certain;
        form.columns = columns;
        const td_first_line found =
            td_guess_first_line("t", (td_str){text, strlen(text)}, true, &form, &certain);
        cr_expect_eq(found, cases[i].found, "%s", text);
        cr_expect_eq(certain, cases[i].certain, "%s", text);
    }
}

static size_t forms_of(const char *text, const char **one, int64_t *seconds)
{
    static td_date_form form;
    static char found[sizeof form.text];
    size_t count = 0;
    for (size_t f = 0; td_date_form_at(f, &form); f++) {
        const td_time_form as = {.format = form.text};
        if (!td_time_read_as(&as, text, strlen(text), seconds) || *seconds < -30610224000)
            continue;
        count++;
        strcpy(found, form.text);
    }
    *one = found;
    return count;
}

Test(guesses, dates_in_one_form)
{
    const struct {
        const char *text, *format;
        int64_t seconds;
    } cases[] = {
        {"23.04.1998", "%d.%m.%Y", 893289600},
        {"1.3.26 7:05", "%d.%m.%y %H:%M", 1772348700},
        {"3/31/2026 1:00 PM", "%m/%d/%Y %I:%M %p", 1774962000},
        {"1 Mar 2026", "%d %b %Y", 1772323200},
        {"March 1, 2026", "%b %d, %Y", 1772323200},
        {"13/2/2026, 10:00:01", "%d/%m/%Y, %H:%M:%S", 1770976801},
        {"01.03.2026 12:00 UTC", "%d.%m.%Y %H:%M UTC", 1772366400},
        {"01/Mar/2026:12:00:00 +0100", "%d/%b/%Y:%H:%M:%S %z", 1772362800},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *format;
        int64_t seconds = -1;
        cr_expect_eq(forms_of(cases[i].text, &format, &seconds), 1, "%s", cases[i].text);
        cr_expect_str_eq(format, cases[i].format, "%s", cases[i].text);
    }
    const char *format;
    int64_t seconds;
    cr_expect_eq(forms_of("03/04/2026", &format, &seconds), 2);
    cr_expect_eq(forms_of("soon", &format, &seconds), 0);
}

Test(guesses, what_looks_like_dates)
{
    const char *const dates[] = {"3/4/26", "2026-03-01", "01.03.2026 10:00", "1-2-2026,"};
    const char *const others[] = {"",         "3/4",         "10.10.10.5", "978-3-16-148410",
                                  "1-2/2026", "2026-1-2026", "12.5",       "a3/4/26"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        cr_expect(td_date_looks((td_str){dates[i], strlen(dates[i])}), "%s", dates[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(td_date_looks((td_str){others[i], strlen(others[i])}), "%s", others[i]);
}

Test(guesses, widths_on_a_terminal)
{
    cr_expect_eq(td_display_width(""), 0);
    cr_expect_eq(td_display_width("R\xc3\xbc"
                                  "ckgabe"),
                 8);
    cr_expect_eq(td_display_width("\xe6\x97\xa5\xe6\x99\x82"), 4);
    cr_expect_eq(td_display_width("u\xcc\x88"), 1);
}
