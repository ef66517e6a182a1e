// Preloaded into a process, this keeps in the directory PC_DURABLE what a power
// cut would leave of the directory PC_WATCH: of every file only the bytes that
// were there at its last fsync. With PC_FAIL_AFTER=n every fsync from the nth
// on fails with EIO, as that of a dying disk, and makes nothing durable.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *watched(void) { return getenv("PC_WATCH"); }
static const char *durable(void) { return getenv("PC_DURABLE"); }

// An fsync makes earlier removals of names durable too, as on a journalling file system.
static void sweep(void) {
  DIR *d = opendir(durable());
  if (!d) return;
  for (struct dirent *e; (e = readdir(d));) {
    char kept[PATH_MAX], live[PATH_MAX];
    if (e->d_name[0] == '.') continue;
    snprintf(live, sizeof live, "%s/%s", watched(), e->d_name);
    snprintf(kept, sizeof kept, "%s/%s", durable(), e->d_name);
    if (access(live, F_OK)) unlink(kept);
  }
  closedir(d);
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n <= 0 || !watched() || !durable()) return 0;
  path[n] = 0;
  return !strncmp(path, watched(), strlen(watched()));
}

// The copy gets its name at once, so that a kill leaves the old or the new one.
static void keep(const char *path) {
  sweep();
  const char *base = strrchr(path, '/') + 1;
  if (!strcmp(path, watched()) || !*base) return;
  char next[PATH_MAX], kept[PATH_MAX];
  snprintf(kept, sizeof kept, "%s/%s", durable(), base);
  snprintf(next, sizeof next, "%s/.%s.next", durable(), base);
  int in = open(path, O_RDONLY), out = open(next, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  static char buf[1 << 18];
  ssize_t n = -1;
  if (in >= 0 && out >= 0)
    while ((n = read(in, buf, sizeof buf)) > 0)
      if (write(out, buf, n) != n) { n = -1; break; }
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  if (n == 0) rename(next, kept);
}

static int synced(const char *name, int fd) {
  static int count;
  char path[PATH_MAX];
  int mine = path_of(fd, path);
  const char *fail = getenv("PC_FAIL_AFTER");
  if (mine && fail && __sync_add_and_fetch(&count, 1) >= atoi(fail)) {
    errno = EIO;
    return -1;
  }
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int err = real(fd);
  if (!err && mine) keep(path);
  return err;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }
