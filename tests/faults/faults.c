/* Loaded before the C library: counts the calls that change a file under one folder, and makes them
 * fail, kills the process before one of them, or copies the folder before each. Inactive until
 * `faults_arm` is called. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OFF, COUNT, KILL, NO_SPACE, BROKEN, READ_ONLY, COPY };

static int mode = OFF;
static long limit;
static char folder[4096], mended[4096]; /* `mended`: where the copies go, in mode COPY */
static size_t length;
static atomic_long calls, used;
static pthread_mutex_t one_change = PTHREAD_MUTEX_INITIALIZER;
static __thread int changing;

void faults_arm(const char *under, int how, long at, const char *other) {
    snprintf(folder, sizeof folder, "%s", under);
    snprintf(mended, sizeof mended, "%s", other);
    length = strlen(folder);
    limit = at;
    mode = how;
}

long faults_calls(void) { return calls; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_under(const char *path) { return mode != OFF && strncmp(path, folder, length) == 0; }

static int of_descriptor(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t read = readlink(link, path, size - 1);
    if (read < 0) return 0;
    path[read] = 0;
    return is_under(path);
}

static int at_folder(int fd, const char *path, char *whole, size_t size) {
    if (mode == OFF) return 0;
    if (path[0] == '/' || fd == AT_FDCWD) {
        snprintf(whole, size, "%s", path);
        return is_under(whole);
    }
    if (!of_descriptor(fd, whole, size)) return 0;
    size_t end = strlen(whole);
    snprintf(whole + end, size - end, "/%s", path);
    return 1;
}

/* Until its change is made, a thread that copied is the only one that changes the folder: a copy is
 * what the changes before it made, all of them whole. */
static void copy(void) {
    extern char **environ;
    char into[8192];
    pid_t pid;
    pthread_mutex_lock(&one_change);
    changing = 1;
    snprintf(into, sizeof into, "%s/%ld", mended, ++calls);
    char *words[] = {"cp", "-a", folder, into, NULL};
    if (access(folder, F_OK) || posix_spawnp(&pid, "cp", NULL, NULL, words, environ)) return;
    waitpid(pid, NULL, 0);
}

static void changed(int *unused) {
    if (!changing) return;
    changing = 0;
    pthread_mutex_unlock(&one_change);
}

#define CHANGE __attribute__((cleanup(changed))) int change_ = 0;

/* The error of the next change; 0: it is made. */
static int fault(void) {
    if (mode == COPY) {
        copy();
        return 0;
    }
    long number = ++calls;
    if (mode == KILL && number == limit) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    if (mode != BROKEN && mode != READ_ONLY) return 0;
    if (number < limit || (mended[0] && access(mended, F_OK) == 0)) return 0;
    return mode == BROKEN ? EIO : EROFS;
}

#define FAIL_IF(cond) \
    do { \
        int error_; \
        if ((cond) && (error_ = fault())) { errno = error_; return -1; } \
    } while (0)

/* How many of `wanted` bytes there is room for; -1: for none. */
static ssize_t room(size_t wanted) {
    if (mode != NO_SPACE || (mended[0] && access(mended, F_OK) == 0)) return wanted;
    long before = atomic_fetch_add(&used, (long)wanted);
    if (before + (long)wanted <= limit) return wanted;
    long left = limit - before;
    if (left < 0) left = 0;
    atomic_fetch_sub(&used, (long)wanted - left);
    return left ? left : -1;
}

static void freed(const char *path) {
    struct stat found;
    if (mode == NO_SPACE && lstat(path, &found) == 0 && S_ISREG(found.st_mode)
        && found.st_nlink == 1)
        atomic_fetch_sub(&used, (long)found.st_size);
}

#define CHANGES(flags) ((flags) & (O_CREAT | O_TRUNC))

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        CHANGE \
        va_list more; \
        va_start(more, flags); \
        int bits = va_arg(more, int); \
        va_end(more); \
        if (is_under(path)) { \
            FAIL_IF(CHANGES(flags)); \
            if (flags & O_TRUNC) freed(path); \
        } \
        return REAL(name)(path, flags, bits); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int fd, const char *path, int flags, ...) { \
        CHANGE \
        char whole[8192]; \
        va_list more; \
        va_start(more, flags); \
        int bits = va_arg(more, int); \
        va_end(more); \
        if (at_folder(fd, path, whole, sizeof whole)) { \
            FAIL_IF(CHANGES(flags)); \
            if (flags & O_TRUNC) freed(whole); \
        } \
        return REAL(name)(fd, path, flags, bits); \
    }
OPENAT(openat)
OPENAT(openat64)

#define WRITE(name, arguments, ...) \
    ssize_t name(int fd, const void *bytes, size_t count arguments) { \
        CHANGE \
        char path[8192]; \
        if (mode != OFF && of_descriptor(fd, path, sizeof path)) { \
            FAIL_IF(1); \
            ssize_t left = room(count); \
            if (left < 0) { errno = ENOSPC; return -1; } \
            count = left; \
        } \
        return REAL(name)(fd, bytes, count __VA_ARGS__); \
    }
#define NOTHING
#define COMMA ,
WRITE(write, NOTHING)
WRITE(pwrite, COMMA off_t at, COMMA at)
WRITE(pwrite64, COMMA off64_t at, COMMA at)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[8192];
    if (mode != OFF && of_descriptor(fd, path, sizeof path))
        return count ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
    return REAL(writev)(fd, parts, count);
}

int rename(const char *from, const char *to) {
    CHANGE
    FAIL_IF(is_under(to));
    if (is_under(to)) freed(to);
    return REAL(rename)(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) {
    CHANGE
    char whole[8192];
    if (at_folder(to_fd, to, whole, sizeof whole)) {
        FAIL_IF(1);
        freed(whole);
    }
    return REAL(renameat)(from_fd, from, to_fd, to);
}

int link(const char *from, const char *to) {
    CHANGE
    FAIL_IF(is_under(to));
    return REAL(link)(from, to);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
    char whole[8192];
    CHANGE
    FAIL_IF(at_folder(to_fd, to, whole, sizeof whole));
    return REAL(linkat)(from_fd, from, to_fd, to, flags);
}

int unlink(const char *path) {
    CHANGE
    FAIL_IF(is_under(path));
    if (is_under(path)) freed(path);
    return REAL(unlink)(path);
}

int unlinkat(int fd, const char *path, int flags) {
    CHANGE
    char whole[8192];
    if (at_folder(fd, path, whole, sizeof whole)) {
        FAIL_IF(1);
        freed(whole);
    }
    return REAL(unlinkat)(fd, path, flags);
}

#define ON_PATH(name, type, argument) \
    int name(const char *path type argument) { \
        CHANGE \
        FAIL_IF(is_under(path)); \
        return REAL(name)(path COMMA argument); \
    }
ON_PATH(mkdir, COMMA mode_t, bits)
ON_PATH(chmod, COMMA mode_t, bits)
int rmdir(const char *path) {
    CHANGE
    FAIL_IF(is_under(path));
    return REAL(rmdir)(path);
}

#define ON_DESCRIPTOR(name, type, argument, ...) \
    int name(int fd type argument) { \
        CHANGE \
        char path[8192]; \
        FAIL_IF(mode != OFF && of_descriptor(fd, path, sizeof path)); \
        return REAL(name)(fd __VA_ARGS__); \
    }
ON_DESCRIPTOR(fsync, , )
ON_DESCRIPTOR(fdatasync, , )
ON_DESCRIPTOR(fchmod, COMMA mode_t, bits, COMMA bits)
ON_DESCRIPTOR(ftruncate, COMMA off_t, size, COMMA size)
ON_DESCRIPTOR(ftruncate64, COMMA off64_t, size, COMMA size)

int utimensat(int fd, const char *path, const struct timespec times[2], int flags) {
    CHANGE
    char whole[8192];
    FAIL_IF(at_folder(fd, path, whole, sizeof whole));
    return REAL(utimensat)(fd, path, times, flags);
}

int futimens(int fd, const struct timespec times[2]) {
    CHANGE
    char path[8192];
    FAIL_IF(mode != OFF && of_descriptor(fd, path, sizeof path));
    return REAL(futimens)(fd, times);
}
