/* A disk that is full from the n-th write on. Loaded into the real server (LD_PRELOAD) by disk_full_at_each_write.rs.
 *
 * Counts what takes room on the disk, for files under $FULL_FOLDER only. $FULL_CONTROL is a file of three numbers shared
 * with the test: the first write that fails, how many were counted, how many failed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct control { _Atomic int64_t first, counted, failed; };
static struct control *control;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FULL_CONTROL");
  folder = getenv("FULL_FOLDER");
  int fd = path && folder ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared != MAP_FAILED) control = shared;
  close(fd);
}

static int under(const char *path) {
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int full(void) {
  int64_t mine = ++control->counted;
  if (control->first == 0 || mine < control->first) return 0;
  ++control->failed;
  errno = ENOSPC;
  return 1;
}

static int full_fd(int fd) {
  char link[64], path[PATH_MAX];
  if (!control) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return under(path) && full();
}

/* The next definition of the same name: the C library's. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define BY_FD(type, name, parameters, ...)                        \
  type name parameters {                                          \
    static __typeof__(&name) real;                                \
    if (!real) real = REAL(name);                                 \
    return full_fd(fd) ? -1 : real(__VA_ARGS__);                  \
  }
#define BY_FD_ERROR(name, parameters, ...)                        \
  int name parameters {                                           \
    static __typeof__(&name) real;                                \
    if (!real) real = REAL(name);                                 \
    return full_fd(fd) ? ENOSPC : real(__VA_ARGS__);              \
  }

BY_FD(ssize_t, write, (int fd, const void *bytes, size_t n), fd, bytes, n)
BY_FD(ssize_t, pwrite, (int fd, const void *bytes, size_t n, off_t at), fd, bytes, n, at)
BY_FD(ssize_t, pwrite64, (int fd, const void *bytes, size_t n, off64_t at), fd, bytes, n, at)
BY_FD(ssize_t, writev, (int fd, const struct iovec *parts, int n), fd, parts, n)
BY_FD(int, fsync, (int fd), fd)
BY_FD(int, fdatasync, (int fd), fd)
BY_FD(int, ftruncate, (int fd, off_t length), fd, length)
BY_FD(int, ftruncate64, (int fd, off64_t length), fd, length)
BY_FD(int, fallocate, (int fd, int mode, off_t at, off_t n), fd, mode, at, n)
BY_FD(int, fallocate64, (int fd, int mode, off64_t at, off64_t n), fd, mode, at, n)
BY_FD_ERROR(posix_fallocate, (int fd, off_t at, off_t n), fd, at, n)
BY_FD_ERROR(posix_fallocate64, (int fd, off64_t at, off64_t n), fd, at, n)

/* A new name takes room as well. */
#define OPENING(name)                                             \
  int name(const char *path, int flags, ...) {                    \
    static int (*real)(const char *, int, ...);                   \
    if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name);  \
    va_list rest;                                                 \
    va_start(rest, flags);                                        \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;   \
    va_end(rest);                                                 \
    if (control && (flags & O_CREAT) && path[0] == '/' && under(path) && access(path, F_OK) != 0 && full()) return -1; \
    return real(path, flags, mode);                               \
  }
OPENING(open)
OPENING(open64)

int rename(const char *from, const char *to) {
  static __typeof__(&rename) real;
  if (!real) real = REAL(rename);
  return control && to[0] == '/' && under(to) && full() ? -1 : real(from, to);
}
int link(const char *from, const char *to) {
  static __typeof__(&link) real;
  if (!real) real = REAL(link);
  return control && to[0] == '/' && under(to) && full() ? -1 : real(from, to);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  static __typeof__(&linkat) real;
  if (!real) real = REAL(linkat);
  return control && to[0] == '/' && under(to) && full() ? -1 : real(from_folder, from, to_folder, to, flags);
}
int mkdir(const char *path, mode_t mode);
int mkdir(const char *path, mode_t mode) {
  static __typeof__(&mkdir) real;
  if (!real) real = REAL(mkdir);
  return control && path[0] == '/' && under(path) && full() ? -1 : real(path, mode);
}
