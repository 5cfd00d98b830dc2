/* pair.c: a server's and a client's connection joined in memory. See pair.h. */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *certificate_file(const char *name)
{
    static char path[4096];
    const char *directory = getenv("MAILTLS_CERTIFICATES");
    if (directory == NULL) {
        (void)fputs("MAILTLS_CERTIFICATES is not set; run the tests by `make test`\n", stderr);
        exit(2);
    }
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void need(int32_t result, const char *reason)
{
    if (result != 0) {
        (void)fprintf(stderr, "a configuration cannot be made: %s: %s\n", mailtls_error_text(result),
                      reason == NULL ? "no reason" : reason);
        exit(2);
    }
}

mailtls_server_config_builder *server_builder(const char *stem)
{
    char chain[4096];
    char file[256];
    (void)snprintf(file, sizeof file, "%s.pem", stem);
    (void)snprintf(chain, sizeof chain, "%s", certificate_file(file));
    (void)snprintf(file, sizeof file, "%s.key", stem);
    mailtls_server_config_builder *builder = mailtls_server_config_builder_new();
    int32_t result =
        mailtls_server_config_builder_certificate_files(builder, chain, certificate_file(file));
    need(result, mailtls_server_config_builder_reason(builder));
    return builder;
}

mailtls_server_config *server_built(mailtls_server_config_builder *builder)
{
    mailtls_server_config *config = NULL;
    int32_t result = mailtls_server_config_builder_build(builder, &config);
    need(result, mailtls_server_config_builder_reason(builder));
    mailtls_server_config_builder_free(builder);
    return config;
}

mailtls_client_config_builder *client_builder(const char *ca)
{
    mailtls_client_config_builder *builder = mailtls_client_config_builder_new();
    int32_t result = mailtls_client_config_builder_ca_file(builder, certificate_file(ca));
    need(result, mailtls_client_config_builder_reason(builder));
    return builder;
}

mailtls_client_config *client_built(mailtls_client_config_builder *builder)
{
    mailtls_client_config *config = NULL;
    int32_t result = mailtls_client_config_builder_build(builder, &config);
    need(result, mailtls_client_config_builder_reason(builder));
    mailtls_client_config_builder_free(builder);
    return config;
}

mailtls_server_config *server_config(const char *stem)
{
    return server_built(server_builder(stem));
}

mailtls_client_config *client_config(const char *ca, int32_t hand_off)
{
    mailtls_client_config_builder *builder = client_builder(ca);
    int32_t result = mailtls_client_config_builder_hand_off(builder, hand_off);
    need(result, mailtls_client_config_builder_reason(builder));
    return client_built(builder);
}

mailtls_client_config *opportunistic_client_config(const char *ca)
{
    mailtls_client_config_builder *builder = client_builder(ca);
    int32_t result = mailtls_client_config_builder_opportunistic(builder, 1);
    need(result, mailtls_client_config_builder_reason(builder));
    return client_built(builder);
}

void pair_open(struct pair *pair, const mailtls_server_config *server,
               const mailtls_client_config *client, int32_t service)
{
    *pair = (struct pair){.password = PASSWORD, .authenticates = true};
    need(mailtls_server_connection_new(server, service, 0, &pair->server.connection), "server");
    need(mailtls_client_connection_new(client, service, SERVER_NAME, 0, &pair->client.connection),
         "client");
}

void pair_open_for_account(struct pair *pair, const mailtls_server_config *server,
                           const mailtls_client_config *client, int32_t service,
                           const char *account)
{
    *pair = (struct pair){.password = PASSWORD, .authenticates = true};
    need(mailtls_server_connection_new(server, service, 0, &pair->server.connection), "server");
    need(mailtls_client_connection_new_for_account(client, service, SERVER_NAME, account, 0,
                                                   &pair->client.connection),
         "client");
}

static bool is_right(const mailtls_connection *connection)
{
    const uint8_t *password = NULL;
    size_t length = 0;
    const char *user = mailtls_connection_credentials_user(connection);
    return mailtls_connection_credentials_password(connection, &password, &length) == 0 &&
           user != NULL && strcmp(user, USER) == 0 && length == strlen(PASSWORD) &&
           memcmp(password, PASSWORD, length) == 0;
}

static void answer(struct pair *pair, struct end *end, int32_t event)
{
    mailtls_connection *c = end->connection;
    if (event == MAILTLS_EVENT_CREDENTIALS && is_right(c)) {
        (void)mailtls_connection_accept(c, pair->now);
    } else if (event == MAILTLS_EVENT_CREDENTIALS) {
        (void)mailtls_connection_reject(c, MAILTLS_REJECTION_INVALID_CREDENTIALS, pair->now);
    } else if (event == MAILTLS_EVENT_CAPABILITIES && pair->authenticates) {
        pair->authenticates = false;
        (void)mailtls_connection_authenticate(c, pair->mechanism, USER,
                                              (const uint8_t *)pair->password,
                                              strlen(pair->password), pair->now);
    }
}

static void drain_events(struct pair *pair, struct end *end)
{
    int32_t event = MAILTLS_EVENT_NONE;
    while (mailtls_connection_poll_event(end->connection, &event) == 0 &&
           event != MAILTLS_EVENT_NONE && end->event_count < EVENTS_MAX) {
        end->events[end->event_count++] = event;
        (pair->react == NULL ? answer : pair->react)(pair, end, event);
    }
}

/* Whether there was anything to carry. */
static bool carry(struct pair *pair, struct end *from, struct end *to)
{
    drain_events(pair, from);
    const uint8_t *bytes = NULL;
    size_t length = 0;
    if (mailtls_connection_poll_transmit(from->connection, &bytes, &length) != 0 || length == 0) {
        return false;
    }
    int32_t result = mailtls_connection_handle_input(to->connection, bytes, length, pair->now);
    if (result != 0 && to->error == 0) {
        to->error = result;
    }
    (void)mailtls_connection_transmitted(from->connection, length);
    return true;
}

void pair_run(struct pair *pair)
{
    bool moved = true;
    while (moved) {
        moved = carry(pair, &pair->client, &pair->server);
        moved = carry(pair, &pair->server, &pair->client) || moved;
    }
}

void pair_close(struct pair *pair)
{
    mailtls_connection_free(pair->server.connection);
    mailtls_connection_free(pair->client.connection);
    *pair = (struct pair){0};
}

unsigned heard(const struct end *end, int32_t event)
{
    unsigned count = 0;
    for (size_t i = 0; i < end->event_count; i++) {
        count += end->events[i] == event ? 1 : 0;
    }
    return count;
}
