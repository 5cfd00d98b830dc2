/* users.h: who may log in, read from a file of `user:password` lines, or of `user:token` lines.
 * A real server keeps salted hashes, or the stored secrets of SCRAM; what this unit shows is a
 * search whose time tells nobody who has an account. */
#ifndef USERS_H
#define USERS_H

#include "base.h"

/* Octets of a name and of a password or token, at most. The tokens of large providers have some thousand
 * octets; mailtls is told to take what is as long as this (see main.c). */
#define USERS_NAME_MAX 255
#define USERS_SECRET_MAX 12288

struct users;

/* Bytes that stay the property of `users`. */
struct password {
    const uint8_t *bytes;
    size_t len;
    bool known; /* false: it is nobody's, and no comparison with it may count */
};

/* Reads the file; lines that start with '#' and empty lines are passed over. `what` names what
 * stands behind the colon. On failure the reason is logged and NULL returned. */
struct users *users_load(const char *file, const char *what);

/* Wipes and frees. */
void users_free(struct users *users);

/* The password of a user. A name that is nobody's gets one all the same, so that the host can do
 * with it what it does with every other and takes as long. */
struct password users_password(const struct users *users, const char *name);

/* Whose token it is; NULL when it is nobody's. With a name it must be that user's, with "" it may
 * be anybody's. */
const char *users_of_token(const struct users *users, const char *name, const uint8_t *token,
                           size_t len);

#endif
