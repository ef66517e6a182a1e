// Preloaded into a process, this is the disk below it.
//
// In the directory POWER_KEPT it keeps what a power cut would leave of the
// directory POWER_LIVE and all below it: of every file only the bytes that were
// there at its last fsync. Names follow as on a journalling file system: an fsync
// makes earlier removals of names durable, and renaming takes what is durable of
// a file along.
//
// While the file POWER_FAULT exists its first letter says what is wrong with the
// disk: N writes find no space (ENOSPC), E writes fail (EIO), F fsyncs fail (EIO)
// and make nothing durable.
//
// Go's own writes do not go through the C library and are not seen here; SQLite's
// and PostgreSQL's do.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *live(void) { return getenv("POWER_LIVE"); }
static const char *kept(void) { return getenv("POWER_KEPT"); }

static char fault(void) {
  const char *path = getenv("POWER_FAULT");
  if (!path) return 0;
  int err = errno, fd = open(path, O_RDONLY | O_CLOEXEC);
  char c = 0;
  if (fd >= 0) {
    if (read(fd, &c, 1) != 1) c = 0;
    close(fd);
  }
  errno = err;
  return c;
}

// below writes what follows POWER_LIVE in path, "" for the directory itself, and
// reports whether path is there at all.
static int below(const char *path, const char **rest) {
  if (!live() || !kept()) return 0;
  size_t n = strlen(live());
  if (strncmp(path, live(), n) || (path[n] && path[n] != '/')) return 0;
  *rest = path + n;
  return 1;
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return path[0] == '/';
}

static int watched(int fd) {
  char path[PATH_MAX];
  const char *rest;
  return path_of(fd, path) && below(path, &rest);
}

static void parents(char *path) {
  for (char *p = path + 1; (p = strchr(p, '/')); p++) {
    *p = 0;
    mkdir(path, 0700);
    *p = '/';
  }
}

static int is_dir(const char *path) {
  struct stat st;
  return !lstat(path, &st) && S_ISDIR(st.st_mode);
}

static void remove_all(const char *path) {
  if (is_dir(path)) {
    DIR *d = opendir(path);
    if (d) {
      for (struct dirent *e; (e = readdir(d));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        char child[PATH_MAX];
        snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        remove_all(child);
      }
      closedir(d);
    }
    rmdir(path);
  } else {
    unlink(path);
  }
}

// sweep forgets in the kept copy of one directory the names that are gone.
static void sweep(const char *rest) {
  char dir[PATH_MAX];
  snprintf(dir, sizeof dir, "%s%s", kept(), rest);
  DIR *d = opendir(dir);
  if (!d) return;
  for (struct dirent *e; (e = readdir(d));) {
    char mine[PATH_MAX], theirs[PATH_MAX];
    if (e->d_name[0] == '.') continue;
    snprintf(theirs, sizeof theirs, "%s%s/%s", live(), rest, e->d_name);
    snprintf(mine, sizeof mine, "%s%s/%s", kept(), rest, e->d_name);
    struct stat st;
    if (lstat(theirs, &st)) remove_all(mine);
  }
  closedir(d);
}

// keep copies a file as it is now. The copy gets its name at once, so that a kill
// leaves the old one or the new one.
static void keep(const char *path, const char *rest) {
  char to[PATH_MAX], next[PATH_MAX];
  snprintf(to, sizeof to, "%s%s", kept(), rest);
  if (is_dir(path)) {
    strncat(to, "/", sizeof to - strlen(to) - 1);
    parents(to);
    sweep(rest);
    return;
  }
  char parent[PATH_MAX];
  snprintf(parent, sizeof parent, "%s", rest);
  char *slash = strrchr(parent, '/');
  if (slash) *slash = 0;
  parents(to);
  sweep(parent);
  // Several processes may keep the same file: each writes a copy of its own.
  snprintf(next, sizeof next, "%s%s/.%s.%d", kept(), parent, strrchr(path, '/') + 1, (int)getpid());
  int in = open(path, O_RDONLY | O_CLOEXEC), out = open(next, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  static char buf[1 << 18];
  ssize_t n = -1;
  if (in >= 0 && out >= 0)
    while ((n = read(in, buf, sizeof buf)) > 0)
      for (ssize_t done = 0, w; done < n; done += w) {
        static ssize_t (*real)(int, const void *, size_t);
        if (!real) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
        if ((w = real(out, buf + done, n - done)) < 0) { n = -1; break; }
      }
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  if (n == 0) {
    static int (*real)(const char *, const char *);
    if (!real) real = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    real(next, to);
  } else {
    unlink(next);
  }
}

// One lock: the static buffer above, and the order of copies of one process.
static int busy;
static void lock(void) { while (__sync_lock_test_and_set(&busy, 1)) usleep(50); }
static void unlock(void) { __sync_lock_release(&busy); }

static int synced(const char *name, int fd) {
  char path[PATH_MAX];
  const char *rest;
  int mine = path_of(fd, path) && below(path, &rest);
  if (mine && fault() == 'F') {
    errno = EIO;
    return -1;
  }
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int err = real(fd);
  if (!err && mine) {
    lock();
    keep(path, rest);
    unlock();
  }
  return err;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }

// fails reports whether a write to fd fails, and sets errno.
static int fails(int fd) {
  if (!getenv("POWER_FAULT") || !watched(fd)) return 0;
  switch (fault()) {
  case 'N': errno = ENOSPC; return 1;
  case 'E': errno = EIO; return 1;
  }
  return 0;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *b, size_t n) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = REAL(ssize_t, write, int, const void *, size_t);
  return fails(fd) ? -1 : real(fd, b, n);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  return fails(fd) ? -1 : real(fd, b, n, at);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  return fails(fd) ? -1 : real(fd, b, n, at);
}
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) {
  static ssize_t (*real)(int, const struct iovec *, int, off_t);
  if (!real) real = REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t);
  return fails(fd) ? -1 : real(fd, v, n, at);
}

int rename(const char *from, const char *to) {
  static int (*real)(const char *, const char *);
  if (!real) real = REAL(int, rename, const char *, const char *);
  int err = real(from, to);
  if (err || !live() || !kept()) return err;
  // Relative names are of the process's own directory, as PostgreSQL's are.
  char a[PATH_MAX], b[PATH_MAX], cwd[PATH_MAX];
  if (!getcwd(cwd, sizeof cwd)) return err;
  snprintf(a, sizeof a, "%s%s%s", from[0] == '/' ? "" : cwd, from[0] == '/' ? "" : "/", from);
  snprintf(b, sizeof b, "%s%s%s", to[0] == '/' ? "" : cwd, to[0] == '/' ? "" : "/", to);
  const char *ra, *rb;
  if (below(a, &ra) && below(b, &rb)) {
    char ka[PATH_MAX], kb[PATH_MAX];
    snprintf(ka, sizeof ka, "%s%s", kept(), ra);
    snprintf(kb, sizeof kb, "%s%s", kept(), rb);
    lock();
    parents(kb);
    real(ka, kb);
    unlock();
  }
  errno = 0;
  return err;
}
