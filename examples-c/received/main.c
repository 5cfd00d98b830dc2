/* main.c: reads a message, or an mbox, on standard input and tells by its Received fields how each
 * hop of the way was protected (RFC 5321 section 4.4, RFC 8314 section 4.3).
 *
 *   cc -std=c11 -o received examples-c/received/[a-z]*.c $(pkg-config --cflags --libs mailtls)
 *
 * Where to read: facts.c asks mailtls; input.c divides the input, utf8.c makes harmless what was
 * in it, print_text.c and print_json.c print. */
#include "print.h"

#include <errno.h>
#include <mailtls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_WITHOUT_TLS = 2 };

struct options {
    bool json;
    bool strict;
    bool require_tls;
    bool help;
    bool version;
    size_t own;
};

static void print_usage(void)
{
    fputs("usage: received [option]... < MESSAGE\n"
          "Tells how each hop of a message was protected, by its Received fields. An mbox, which begins\n"
          "with \"From \", is told of message by message. Hop 1 is the last one, which stands first.\n"
          "\n"
          "  --own N        the first N fields were written by servers of one's own: only these are\n"
          "                 facts, all below them may be made up (default 0)\n"
          "  --strict       also tells which fields are not of the grammar, at which octet (counted\n"
          "                 from 0, with CRLF at line ends) and which production is wanted there\n"
          "  --json         prints one JSON object for each message, on a line\n"
          "  --require-tls  ends with 2 when a hop over a network was without TLS, or does not say\n"
          "  --help         this text\n"
          "  --version      the version of mailtls\n"
          "\n"
          "Exit status: 0 done, 1 wrong usage, no message, or it could not be read or told of, 2 see\n"
          "--require-tls.\n",
          stdout);
}

static bool number_of(const char *text, size_t *number)
{
    if (text == NULL || *text < '0' || *text > '9') {
        return false;
    }
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (size_t)value;
    return *end == '\0' && errno == 0;
}

static bool parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--strict") == 0) {
            o->strict = true;
        } else if (strcmp(argv[i], "--require-tls") == 0) {
            o->require_tls = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            o->help = true;
        } else if (strcmp(argv[i], "--version") == 0) {
            o->version = true;
        } else if (strcmp(argv[i], "--own") == 0 && number_of(argv[i + 1], &o->own)) {
            i++; /* argv ends with NULL, which is no number */
        } else {
            const char *wrong = strcmp(argv[i], "--own") == 0 ? "needs a number"
                                : argv[i][0] == '-'           ? "is not an option"
                                                              : "is no use, the message is read from standard input";
            fprintf(stderr, "received: %s %s; see --help\n", argv[i], wrong);
            return false;
        }
    }
    return true;
}

/* Tells of each message. False when memory is short. */
static bool tell(struct octets input, const struct options *o, bool *without_tls)
{
    bool mbox = input_is_mbox(input);
    struct octets message;
    for (size_t number = 1; input_next_message(&input, mbox, &message); number++) {
        struct facts facts;
        bool good = facts_read(&facts, message, o->own, o->strict);
        if (good && o->json) {
            print_as_json(&facts, number);
        } else if (good) {
            print_for_people(&facts, mbox ? number : 0);
        }
        *without_tls = *without_tls || (good && facts_any_without_tls(&facts));
        facts_free(&facts);
        if (!good) {
            return false;
        }
    }
    return true;
}

static int run(const struct options *o)
{
    uint8_t *bytes;
    size_t len;
    bool without_tls = false;
    int status = STATUS_FAILED;
    if (!input_read(&bytes, &len)) {
        fprintf(stderr, "received: standard input: %s\n", strerror(errno));
    } else if (len == 0) {
        fputs("received: no message on standard input\n", stderr);
    } else if (!tell((struct octets){bytes, len}, o, &without_tls)) {
        fputs("received: out of memory\n", stderr);
    } else if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "received: standard output: %s\n", strerror(errno));
    } else {
        status = o->require_tls && without_tls ? STATUS_WITHOUT_TLS : STATUS_DONE;
    }
    free(bytes);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!parse(&options, argc, argv)) {
        return STATUS_FAILED;
    }
    if (options.help) {
        print_usage();
        return STATUS_DONE;
    }
    if (options.version) {
        printf("received, an example of mailtls %s\n", mailtls_version(0));
        return STATUS_DONE;
    }
    if (mailtls_version(0x000100) == NULL) {
        fputs("received: this mailtls is older than the one this program was written for\n", stderr);
        return STATUS_FAILED;
    }
    return run(&options);
}
