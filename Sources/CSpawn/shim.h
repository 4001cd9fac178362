// What glibc's headers show only with _GNU_SOURCE, which Swift's Glibc module is built without.
#pragma once
#include <fcntl.h>
#include <spawn.h>

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int from);
int pipe2(int ends[2], int flags);

/// The child leads a session of its own: no terminal's Ctrl-C reaches it.
static const short prikke_spawn_setsid = 0x80;
