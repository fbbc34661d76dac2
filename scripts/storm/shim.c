/* Counts calls that change files whose path contains STORM_MATCH, and kills its process at one of them.
 * STORM_KIND, STORM_AT: at which, counted from 1 (of one kind; "any" counts all). STORM_WHEN: before, inside (a write: half of its bytes
 * are written), after. STORM_COUNTS: a file to write the counts to when the process ends by itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { OPEN, WRITE, FSYNC, TRUNCATE, RENAME, LINK, UNLINK, MKDIR, KINDS };
static const char *const names[KINDS] = {"open", "write", "fsync", "truncate", "rename", "link", "unlink", "mkdir"};
static atomic_int counts[KINDS], total;
static const char *match, *wanted, *when, *counts_file;
static int at;
static char watched[4096]; /* by file descriptor */
static pid_t owner;

__attribute__((constructor)) static void begin(void) {
  match = getenv("STORM_MATCH");
  wanted = getenv("STORM_KIND");
  when = getenv("STORM_WHEN");
  counts_file = getenv("STORM_COUNTS");
  at = getenv("STORM_AT") ? atoi(getenv("STORM_AT")) : 0;
  owner = getpid();
}

__attribute__((destructor)) static void end(void) {
  if (!counts_file || getpid() != owner) return;
  FILE *file = fopen(counts_file, "w");
  if (!file) return;
  for (int i = 0; i < KINDS; i++) fprintf(file, "%s %d\n", names[i], counts[i]);
  fclose(file);
}

static int watches(const char *path) { return match && path && strstr(path, match); }

/* Whether this call is the one to die at. */
static int counted(enum kind kind) {
  int of_kind = atomic_fetch_add(&counts[kind], 1) + 1;
  int of_all = atomic_fetch_add(&total, 1) + 1;
  if (!at || !wanted || getpid() != owner) return 0;
  if (!strcmp(wanted, "any")) return of_all == at;
  return !strcmp(wanted, names[kind]) && of_kind == at;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* A call on a path: dies before it, or does it and dies. */
#define AROUND(kind, on, call)                     \
  do {                                             \
    int deadly = (on) && counted(kind);            \
    if (deadly && !strcmp(when, "before")) die();  \
    __typeof__(call) result = (call);              \
    if (deadly) die();                             \
    return result;                                 \
  } while (0)

static int noted(const char *path, int fd) {
  if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = watches(path) != 0;
  return fd;
}
static int changes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

#define OPENER(name)                                                                  \
  int name(const char *path, int flags, ...) {                                        \
    va_list rest;                                                                     \
    va_start(rest, flags);                                                            \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                         \
    va_end(rest);                                                                     \
    AROUND(OPEN, changes(flags) && watches(path), noted(path, REAL(name)(path, flags, mode))); \
  }
OPENER(open)
OPENER(open64)

static int watched_fd(int fd) { return fd >= 0 && fd < (int)sizeof watched && watched[fd]; }

int close(int fd) {
  if (fd >= 0 && fd < (int)sizeof watched) watched[fd] = 0;
  return REAL(close)(fd);
}

#define WRITER(name, parameters, arguments, half)                  \
  ssize_t name parameters {                                        \
    int deadly = watched_fd(fd) && counted(WRITE);                 \
    if (deadly && !strcmp(when, "before")) die();                  \
    if (deadly && !strcmp(when, "inside")) {                       \
      if (size > 1) (void)!REAL(name) half;                        \
      die();                                                       \
    }                                                              \
    ssize_t result = REAL(name) arguments;                         \
    if (deadly) die();                                             \
    return result;                                                 \
  }
WRITER(write, (int fd, const void *bytes, size_t size), (fd, bytes, size), (fd, bytes, size / 2))
WRITER(pwrite, (int fd, const void *bytes, size_t size, off_t from), (fd, bytes, size, from), (fd, bytes, size / 2, from))
WRITER(pwrite64, (int fd, const void *bytes, size_t size, off64_t from), (fd, bytes, size, from), (fd, bytes, size / 2, from))

int fsync(int fd) { AROUND(FSYNC, watched_fd(fd), REAL(fsync)(fd)); }
int fdatasync(int fd) { AROUND(FSYNC, watched_fd(fd), REAL(fdatasync)(fd)); }
int ftruncate(int fd, off_t size) { AROUND(TRUNCATE, watched_fd(fd), REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off64_t size) { AROUND(TRUNCATE, watched_fd(fd), REAL(ftruncate64)(fd, size)); }
int rename(const char *from, const char *to) { AROUND(RENAME, watches(to), REAL(rename)(from, to)); }
int link(const char *from, const char *to) { AROUND(LINK, watches(to), REAL(link)(from, to)); }
int unlink(const char *path) { AROUND(UNLINK, watches(path), REAL(unlink)(path)); }
int rmdir(const char *path) { AROUND(UNLINK, watches(path), REAL(rmdir)(path)); }
int mkdir(const char *path, mode_t mode) { AROUND(MKDIR, watches(path), REAL(mkdir)(path, mode)); }
