/* messages.c: what a server says to people, and what it can do once it has authenticated the client, as
 * a client is told. The server is a script; its TLS is the host's own. */
#include "check.h"
#include "pair.h"

#define TLS_1_3 0x0304
#define AES_128_GCM 0x1301

static mailtls_client_config *config;

/* A client inside TLS that has heard this and been told of capabilities. */
static mailtls_connection *client(int32_t service, const char *words)
{
    mailtls_connection *c = NULL;
    mailtls_tls_facts *facts = NULL;
    CHECK_IS(mailtls_tls_facts_new(TLS_1_3, AES_128_GCM, &facts), 0);
    CHECK_IS(mailtls_tls_facts_peer_validation(facts, MAILTLS_PEER_VALIDATION_PKIX), 0);
    CHECK_IS(mailtls_client_connection_on_host_tls(config, service, facts, 0, &c), 0);
    mailtls_tls_facts_free(facts);
    CHECK_IS(mailtls_connection_handle_input(c, (const uint8_t *)words, strlen(words), 0), 0);
    return c;
}

static int32_t next(mailtls_connection *c)
{
    int32_t event = MAILTLS_EVENT_NONE;
    const uint8_t *output = NULL;
    size_t length = 0;
    CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
    while (event == MAILTLS_EVENT_NONE &&
           mailtls_connection_poll_transmit(c, &output, &length) == 0 && length > 0) {
        CHECK_IS(mailtls_connection_transmitted(c, length), 0);
        CHECK_IS(mailtls_connection_poll_event(c, &event), 0);
    }
    return event;
}

static void log_in(mailtls_connection *c)
{
    while (next(c) != MAILTLS_EVENT_CAPABILITIES) {
        CHECK(mailtls_connection_error(c) == 0);
        if (mailtls_connection_error(c) != 0)
            return;
    }
    CHECK_IS(mailtls_connection_authenticate(c, "PLAIN", USER, (const uint8_t *)PASSWORD,
                                             strlen(PASSWORD), 0),
             0);
    CHECK_IS(next(c), MAILTLS_EVENT_NONE);
}

static void hear(mailtls_connection *c, const char *words)
{
    (void)mailtls_connection_handle_input(c, (const uint8_t *)words, strlen(words), 0);
}

static const char imap[] = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n";

static void messages_and_capabilities(void)
{
    mailtls_connection *c = client(MAILTLS_SERVICE_IMAPS, imap);
    CHECK_IS(mailtls_connection_message_condition(c), MAILTLS_CONDITION_NONE);
    CHECK(mailtls_connection_message_text(c) == NULL);
    log_in(c);
    hear(c, "* NO [WEBALERT https://mail.example/x] log in there\r\n* CAPABILITY IMAP4rev1 IDLE\r\n"
            "a1 OK [ALERT] over quota\r\n");
    CHECK_IS(next(c), MAILTLS_EVENT_SERVER_MESSAGE);
    CHECK_IS(mailtls_connection_message_condition(c), MAILTLS_CONDITION_NO);
    CHECK_IS(mailtls_connection_message_is_alert(c), 1);
    CHECK_IS(mailtls_connection_message_is_tagged(c), 0);
    CHECK_TEXT(mailtls_connection_message_code(c), "WEBALERT");
    CHECK_TEXT(mailtls_connection_message_code_arguments(c), "https://mail.example/x");
    CHECK_TEXT(mailtls_connection_message_text(c), "log in there");
    CHECK_IS(next(c), MAILTLS_EVENT_SERVER_MESSAGE);
    CHECK_IS(mailtls_connection_message_condition(c), MAILTLS_CONDITION_OK);
    CHECK_IS(mailtls_connection_message_is_alert(c), 1);
    CHECK_IS(mailtls_connection_message_is_tagged(c), 1);
    CHECK_TEXT(mailtls_connection_message_code(c), "ALERT");
    CHECK(mailtls_connection_message_code_arguments(c) == NULL);
    CHECK_TEXT(mailtls_connection_message_text(c), "over quota");
    CHECK_IS(mailtls_connection_capability_count(c), 3);
    CHECK_IS(next(c), MAILTLS_EVENT_AUTHENTICATED_CAPABILITIES);
    CHECK_IS(mailtls_connection_capability_count(c), 2);
    CHECK_TEXT(mailtls_connection_capability(c, 1), "IDLE");
    CHECK_IS(next(c), MAILTLS_EVENT_AUTHENTICATED);
    CHECK_IS(next(c), MAILTLS_EVENT_HANDED_OFF);
    CHECK_IS(mailtls_connection_messages_dropped(c), 0);
    /* The last one stays until the next. */
    CHECK_TEXT(mailtls_connection_message_text(c), "over quota");
    mailtls_connection_free(c);
}

static void refusals(void)
{
    mailtls_connection *c = client(MAILTLS_SERVICE_IMAPS, imap);
    log_in(c);
    CHECK(mailtls_connection_refusal_code_arguments(c) == NULL);
    hear(c, "a1 NO [REFERRAL imap://b.example/] moved\r\n");
    CHECK_IS(next(c), MAILTLS_EVENT_SERVER_MESSAGE);
    CHECK_IS(mailtls_connection_message_condition(c), MAILTLS_CONDITION_NO);
    CHECK_IS(next(c), MAILTLS_EVENT_AUTHENTICATION_REFUSED);
    CHECK_TEXT(mailtls_connection_refusal_code(c), "REFERRAL");
    CHECK_TEXT(mailtls_connection_refusal_code_arguments(c), "imap://b.example/");
    CHECK_IS(mailtls_connection_handle_end_of_input(c, 0), MAILTLS_ERROR_CLOSED_EARLY);
    CHECK(strstr(mailtls_connection_reason(c),
                 "the server's last words: [REFERRAL imap://b.example/] moved") != NULL);
    mailtls_connection_free(c);

    c = client(MAILTLS_SERVICE_IMAPS, "* OK [REFERRAL imap://c.example/] hi\r\n");
    CHECK_IS(next(c), MAILTLS_EVENT_TLS_ESTABLISHED);
    CHECK_IS(next(c), MAILTLS_EVENT_GREETING);
    CHECK_TEXT(mailtls_connection_greeting_code(c), "REFERRAL");
    CHECK_TEXT(mailtls_connection_greeting_code_arguments(c), "imap://c.example/");
    mailtls_connection_free(c);
}

static void other_protocols(void)
{
    mailtls_connection *c = client(MAILTLS_SERVICE_POP3S, "+OK hi\r\n");
    hear(c, "+OK\r\nSASL PLAIN\r\n.\r\n");
    log_in(c);
    hear(c, "+OK 2 messages\r\n");
    CHECK_IS(next(c), MAILTLS_EVENT_SERVER_MESSAGE);
    CHECK_TEXT(mailtls_connection_message_text(c), "2 messages");
    CHECK(mailtls_connection_message_code(c) == NULL);
    CHECK_IS(next(c), MAILTLS_EVENT_AUTHENTICATED);
    mailtls_connection_free(c);

    c = client(MAILTLS_SERVICE_SUBMISSIONS, "220 hi\r\n");
    hear(c, "250-hi\r\n250 AUTH PLAIN\r\n");
    log_in(c);
    hear(c, "421 4.3.2 later\r\n");
    CHECK_IS(next(c), MAILTLS_EVENT_SERVER_MESSAGE);
    CHECK_IS(mailtls_connection_message_condition(c), MAILTLS_CONDITION_BYE);
    CHECK_IS(mailtls_connection_message_is_tagged(c), 0);
    CHECK_TEXT(mailtls_connection_message_code(c), "421 4.3.2");
    CHECK_TEXT(mailtls_connection_message_text(c), "later");
    CHECK_IS(next(c), MAILTLS_EVENT_CLOSED);
    mailtls_connection_free(c);
}

static void too_many(void)
{
    mailtls_connection *c = client(MAILTLS_SERVICE_IMAPS, imap);
    log_in(c);
    for (int i = 0; i < 20; i++)
        hear(c, "* OK still working\r\n* OK [ALERT] over quota\r\n");
    CHECK_IS(mailtls_connection_messages_dropped(c), 8);
    for (int i = 0; i < 32; i++)
        CHECK_IS(next(c), MAILTLS_EVENT_SERVER_MESSAGE);
    CHECK_IS(next(c), MAILTLS_EVENT_NONE);
    mailtls_connection_free(c);
}

int main(void)
{
    config = client_built(mailtls_client_config_builder_new());
    messages_and_capabilities();
    refusals();
    other_protocols();
    too_many();
    mailtls_client_config_free(config);
    return check_end("messages");
}
