// libcurl with a function for each type of option: Swift cannot call the variadic curl_easy_setopt and its kin.
#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>

static inline CURLcode prikke_easy_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode prikke_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode prikke_easy_set_text(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode prikke_easy_set_bytes(CURL *easy, CURLoption option, const uint8_t *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode prikke_easy_set_pointer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode prikke_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) { return curl_easy_setopt(easy, option, value); }

static inline CURLcode prikke_easy_on_write(CURL *easy, curl_write_callback function) { return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function); }
static inline CURLcode prikke_easy_on_header(CURL *easy, curl_write_callback function) { return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function); }
static inline CURLcode prikke_easy_on_open(CURL *easy, curl_opensocket_callback function) { return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function); }
static inline CURLcode prikke_easy_on_close(CURL *easy, curl_closesocket_callback function) { return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function); }
static inline CURLcode prikke_easy_on_request(CURL *easy, curl_prereq_callback function) { return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function); }

static inline CURLcode prikke_easy_get_long(CURL *easy, CURLINFO info, long *value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode prikke_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) { return curl_easy_getinfo(easy, info, value); }
static inline CURLcode prikke_easy_get_pointer(CURL *easy, CURLINFO info, void **value) { return curl_easy_getinfo(easy, info, value); }

static inline CURLMcode prikke_multi_set_long(CURLM *multi, CURLMoption option, long value) { return curl_multi_setopt(multi, option, value); }
static inline CURLMcode prikke_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) { return curl_multi_setopt(multi, option, value); }
static inline CURLMcode prikke_multi_on_socket(CURLM *multi, curl_socket_callback function) { return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function); }
static inline CURLMcode prikke_multi_on_timer(CURLM *multi, curl_multi_timer_callback function) { return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function); }

static inline CURLMcode prikke_multi_act(CURLM *multi, curl_socket_t socket, int events) {
    int running;
    return curl_multi_socket_action(multi, socket, events, &running);
}

/// Keeps SIGPIPE from this thread. libcurl writes without it, but not everything below it (TLS) promises to.
static inline void prikke_block_sigpipe(void) {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
}

// SOCK_STREAM and its kin are an enum that both this module and Glibc's see, and Swift then sees neither.
static const int32_t prikke_stream = SOCK_STREAM;

/// A socket for `target` that no child process inherits.
static inline curl_socket_t prikke_open_socket(const struct curl_sockaddr *target) {
    return socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

/// The address that is about to be connected, of whatever length it is.
static inline const struct sockaddr *prikke_target_address(const struct curl_sockaddr *target) { return &target->addr; }

/// Whether the peer closed this TCP connection in good order without having received all that was sent on it: its FIN has
/// come, and acknowledged less. After a reset nobody can tell, so that counts as no.
/// The layout is that of Linux's struct tcp_info up to tcpi_bytes_retrans; glibc's ends before.
static inline int prikke_ended_before_all_arrived(int socket) {
    struct {
        uint8_t state, others[7];
        uint32_t counters[24];
        uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
        uint32_t segments[6];
        uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
        uint32_t delivered, delivered_ce;
        uint64_t bytes_sent, bytes_retrans;
    } info;
    socklen_t length = sizeof info;
    const int tcp_info = 11, close_wait = 8;
    if (getsockopt(socket, IPPROTO_TCP, tcp_info, &info, &length) != 0 || length < sizeof info || info.state != close_wait) return 0;
    return info.bytes_acked <= info.bytes_sent - info.bytes_retrans;  // bytes_acked counts the SYN
}
