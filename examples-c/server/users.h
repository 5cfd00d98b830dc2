/* users.h: who may log in, read from a file of `user:password` lines. A real server keeps
 * salted hashes; what this unit shows is the comparison, whose time tells nobody whether the
 * name or the password was wrong. */
#ifndef USERS_H
#define USERS_H

#include "base.h"

struct users;

/* Reads the file; lines that start with '#' and empty lines are passed over. On failure the
 * reason is logged and NULL returned. */
struct users *users_load(const char *file);

/* Wipes and frees. */
void users_free(struct users *users);

/* Whether this is a known user with his right password. */
bool users_check(const struct users *users, const char *name, const uint8_t *password,
                 size_t password_len);

#endif
