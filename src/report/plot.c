/* gnuplot reads its script from and writes its picture to files in memory, so that neither side
 * ever waits for the other, and nothing is left on a disk. */
#include "report/plot.h"

#include "base/memory.h"
#include "report/escape.h"
#include "report/plot_script.h"
#include "tandem/memory.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The streams of the child. */
enum { STREAMS = 3 };

/* Starts gnuplot on these files as its standard streams, and waits for its end. Returns errno of
 * what failed, or 0 and its status. */
static int run_gnuplot(FILE *const files[STREAMS], int *ended)
{
    char name[] = "gnuplot", plain[] = "--default-settings", input[] = "-";
    char *arguments[] = {name, plain, input, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int reason = posix_spawn_file_actions_init(&actions);
    for (int s = 0; s < STREAMS && reason == 0; s++)
        reason = posix_spawn_file_actions_adddup2(&actions, fileno(files[s]), s);
    if (reason == 0)
        reason = posix_spawnp(&child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    while (reason == 0 && waitpid(child, ended, 0) < 0)
        reason = errno == EINTR ? 0 : errno;
    return reason;
}

static FILE *open_memory(void)
{
    const int descriptor = memfd_create("tandem-plot", MFD_CLOEXEC);
    return descriptor < 0 ? NULL : fdopen(descriptor, "r+");
}

/* Returns all that a file holds, terminated; the caller frees it. */
static char *content_of(FILE *file)
{
    const long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
    const size_t size = end > 0 && fseek(file, 0, SEEK_SET) == 0 ? (size_t)end : 0;
    char *text = td_allocate(size + 1, 1);
    text[fread(text, 1, size, file)] = '\0';
    return text;
}

/* The picture, or a failure with the first line of what gnuplot says of it. */
static td_status draw(FILE *const files[STREAMS], char **picture)
{
    int ended = 0;
    fflush(files[0]);
    lseek(fileno(files[0]), 0, SEEK_SET);
    const int reason = run_gnuplot(files, &ended);
    if (reason == ENOENT)
        return td_fail(TD_ERR_FILE, "there is no gnuplot here");
    if (reason != 0)
        return td_fail(TD_ERR_FILE, "gnuplot: %s", strerror(reason));
    *picture = content_of(files[1]);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0 && strstr(*picture, "</svg>"))
        return TD_OK;
    td_free(*picture);
    *picture = NULL;
    char *said = content_of(files[2]), *line = said + strspn(said, "\n ");
    line[strcspn(line, "\n")] = '\0';
    td_fail(TD_ERR_FILE, "gnuplot ended with status %d: %.200s",
            WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended), line);
    td_free(said);
    return TD_ERR_FILE;
}

/* Tells whether an identifier begins here, in a tag. */
static size_t mark_of_identifier(const char *text)
{
    static const char *const marks[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        if (strncmp(text, marks[m], strlen(marks[m])) == 0)
            return strlen(marks[m]);
    return 0;
}

/* Prints what is drawn, with the prefix before each identifier: a page has many pictures, and
 * gnuplot names alike what it draws them of. xlink is of older SVG; titles are gnuplot's own. */
static void print_drawn(FILE *stream, const char *text, const char *prefix)
{
    bool in_tag = false;
    while (*text) {
        const char *end = strncmp(text, "<title>", 7) == 0 ? strstr(text, "</title>") : NULL;
        if (end)
            text = end + strlen("</title>");
        in_tag = *text == '<' || (in_tag && *text != '>');
        if (in_tag && strncmp(text, "xlink:", 6) == 0)
            text += 6;
        const size_t mark = in_tag ? mark_of_identifier(text) : 0;
        if (mark > 0) {
            fprintf(stream, "%.*s%s", (int)mark, text, prefix);
            text += mark;
        } else {
            fputc(*text++, stream);
        }
    }
}

/* Returns the element of a page for gnuplot's document. */
static td_status element_of(const td_page_plot *plot, const char *picture, const char *prefix,
                            char **svg)
{
    size_t size;
    const char *box = strstr(picture, "viewBox=\""), *drawn = strstr(picture, "<g id=");
    if (!box || !drawn)
        return td_fail(TD_ERR_FILE, "gnuplot made something else than a picture");
    box += strlen("viewBox=\"");
    FILE *stream = td_text_writer(svg, &size);
    fprintf(stream,
            "<svg class=\"plot\" viewBox=\"%.*s\" xmlns=\"http://www.w3.org/2000/svg\" "
            "role=\"img\" aria-label=\"",
            (int)strcspn(box, "\""), box);
    td_print_attribute(stream, plot->title);
    fputs("\">\n", stream);
    print_drawn(stream, drawn, prefix);
    td_text_writer_close(stream);
    return TD_OK;
}

td_status td_plot_draw(const td_page_plot *plot, const char *prefix, char **svg)
{
    char *picture = NULL;
    FILE *const files[STREAMS] = {open_memory(), open_memory(), open_memory()};
    td_status status = td_fail(TD_ERR_FILE, "gnuplot: no file in memory: %s", strerror(errno));
    *svg = NULL;
    if (files[0] && files[1] && files[2]) {
        td_plot_script(files[0], plot);
        status = draw(files, &picture);
    }
    if (picture)
        status = element_of(plot, picture, prefix, svg);
    td_free(picture);
    for (int s = 0; s < STREAMS; s++)
        if (files[s])
            fclose(files[s]);
    return status;
}
