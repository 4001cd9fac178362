// epoll, eventfd and timerfd: Glibc's module map leaves them out.
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/// epoll_ctl with the descriptor itself as the datum; `events` 0 with EPOLL_CTL_DEL is fine.
static inline int prikke_epoll_control(int epoll, int operation, int descriptor, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

static inline int prikke_event_descriptor(const struct epoll_event *event) { return event->data.fd; }

/// Arms the timer to go off once, `nanoseconds` from now (0 disarms it).
static inline int prikke_timer_arm(int timer, int64_t nanoseconds) {
    struct itimerspec when = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    return timerfd_settime(timer, 0, &when, 0);
}

static inline void prikke_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
