/* check.h: the assertions of the C tests. A failed one is told and counted; the test goes on,
 * and the program ends with status 1. It knows nothing of mailtls. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned check_count;
static unsigned check_failures;

static inline void check_that(bool good, const char *file, int line, const char *what)
{
    check_count++;
    if (!good) {
        check_failures++;
        printf("%s:%d: failed: %s\n", file, line, what);
    }
}

static inline void check_numbers(long long left, long long right, const char *file, int line,
                                 const char *what)
{
    check_that(left == right, file, line, what);
    if (left != right) {
        printf("    it is %lld, expected was %lld\n", left, right);
    }
}

static inline void check_texts(const char *left, const char *right, const char *file, int line,
                               const char *what)
{
    bool equal = left != NULL && strcmp(left, right) == 0;
    check_that(equal, file, line, what);
    if (!equal) {
        printf("    it is \"%s\", expected was \"%s\"\n", left == NULL ? "(NULL)" : left, right);
    }
}

/* Tells what was done; to be returned from main. */
static inline int check_end(const char *name)
{
    printf("%s: %u checks, %u failed\n", name, check_count, check_failures);
    return check_failures == 0 ? 0 : 1;
}

#define CHECK(condition) check_that((condition), __FILE__, __LINE__, #condition)
#define CHECK_IS(call, number) check_numbers((call), (number), __FILE__, __LINE__, #call)
#define CHECK_TEXT(call, text) check_texts((call), (text), __FILE__, __LINE__, #call)

#endif
