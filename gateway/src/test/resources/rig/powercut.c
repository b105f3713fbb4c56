// SPDX-License-Identifier: Apache-2.0
// Logs what a process does to the files of one folder, in the order in which it does it: writes, truncations, removals, and
// what it forces to disk. From that log a test makes the folder as a loss of power could have left it. On request one call
// that forces to disk fails, of the log or of another file: what was written before it never gets there (L), as with Linux,
// which tells of an error once and takes the pages for clean afterwards.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES_MAX 4096
static char names[FILES_MAX][64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = -2;
static int syncs;

static void put(const void *bytes, size_t length) {
    if (syscall(SYS_write, out, bytes, length) != (ssize_t) length) {
        abort();
    }
}

static void note(char what, const char *name, int64_t at, const void *bytes, uint32_t length) {
    if (out == -2) {
        const char *path = getenv("RIG_LOG");
        out = path ? (int) syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    }
    if (out < 0) {
        return;
    }
    unsigned char n = (unsigned char) strlen(name);
    put(&what, 1);
    put(&n, 1);
    put(name, n);
    put(&at, 8);
    put(&length, 4);
    if (length) {
        put(bytes, length);
    }
}

static const char *watched(const char *path) {
    const char *folder = getenv("RIG_FOLDER");
    const char *slash = path ? strrchr(path, '/') : 0;
    if (!folder || !slash || strncmp(path, folder, strlen(folder)) || strlen(slash) > 60) {
        return 0;
    }
    const char *name = slash + 1;
    size_t n = strlen(name);
    int left_out = !strncmp(name, "sqlite-", 7) || !strcmp(name, "lock") || (n > 4 && !strcmp(name + n - 4, "-shm"));
    return left_out ? 0 : name;
}

static int opened(int fd, const char *path, int flags) {
    const char *name = watched(path);
    if (fd >= 0 && fd < FILES_MAX) {
        pthread_mutex_lock(&lock);
        strcpy(names[fd], name ? name : "");
        if (name && (flags & O_TRUNC)) {
            note('T', name, 0, 0, 0);
        }
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

static const char *name_of(int fd) {
    return fd >= 0 && fd < FILES_MAX && names[fd][0] ? names[fd] : 0;
}

#define OPEN(function) \
    int function(const char *path, int flags, ...) { \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        return opened((int) syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode), path, flags); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    if (fd >= 0 && fd < FILES_MAX) {
        names[fd][0] = 0;
    }
    return (int) syscall(SYS_close, fd);
}

static ssize_t written(int fd, const void *bytes, size_t length, off_t at, int positioned) {
    const char *name = name_of(fd);
    if (!name) {
        return positioned ? syscall(SYS_pwrite64, fd, bytes, length, at) : syscall(SYS_write, fd, bytes, length);
    }
    pthread_mutex_lock(&lock);
    if (!positioned) {
        at = lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = positioned ? syscall(SYS_pwrite64, fd, bytes, length, at) : syscall(SYS_write, fd, bytes, length);
    if (done > 0) {
        note('W', name, at, bytes, (uint32_t) done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return written(fd, bytes, length, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return written(fd, bytes, length, at, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return written(fd, bytes, length, at, 1); }

static int truncated(int fd, off_t length) {
    const char *name = name_of(fd);
    pthread_mutex_lock(&lock);
    int end = (int) syscall(SYS_ftruncate, fd, length);
    if (name && end == 0) {
        note('T', name, length, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    return end;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

static int forced(int fd, long call) {
    const char *name = name_of(fd);
    const char *fail = getenv("RIG_FAIL_SYNC");
    const char *file = getenv("RIG_FAIL_FILE");
    if (name && fail && (file ? !strcmp(name, file) : strstr(name, "-wal") != 0) && ++syncs == atoi(fail)) {
        pthread_mutex_lock(&lock);
        note('L', name, 0, 0, 0);
        pthread_mutex_unlock(&lock);
        errno = EIO;
        return -1;
    }
    int end = (int) syscall(call, fd);
    if (name && end == 0) {
        pthread_mutex_lock(&lock);
        note('S', name, 0, 0, 0);
        pthread_mutex_unlock(&lock);
    }
    return end;
}

int fsync(int fd) { return forced(fd, SYS_fsync); }
int fdatasync(int fd) { return forced(fd, SYS_fdatasync); }

int unlink(const char *path) {
    const char *name = watched(path);
    pthread_mutex_lock(&lock);
    int end = (int) syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (name && end == 0) {
        note('U', name, 0, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    return end;
}
