/* options.h: the command line, and what follows from it alone. It knows the names of mechanisms
 * and the dialects of milters, and nothing else of mailtls. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base.h"

#define LISTENERS_MAX 64
#define MECHANISMS_SIZE 512

struct options {
    const char *listen[LISTENERS_MAX];
    size_t listen_count;
    const char *certificate;
    const char *key;
    const char *users;
    const char *tokens;     /* NULL: no token is known */
    const char *client_ca;  /* NULL: clients are not asked for certificates */
    const char *client_map; /* with client_ca, and only then */
    bool client_anonymous;  /* a client with an invalid certificate is served without it */
    bool explain_old_tls;   /* old versions are let in, and nobody who has one can log in */
    const char *policy;     /* NULL: mailtls's own */
    int32_t milter_dialect; /* a mailtls_milter_dialect; 0: no macros are logged */
    const char *maildir;
    const char *host_name;
    uint64_t max_message_size;
    uint64_t max_clients;
    char sasl[MECHANISMS_SIZE]; /* mechanisms offered, separated by spaces, best first */
    bool password_commands;     /* IMAP LOGIN, POP3 USER and PASS */
    bool apop;
};

/* 0: go on; otherwise the exit status plus one, and what is to be said has been said. */
int options_parse(struct options *options, int argc, char **argv);

#endif
