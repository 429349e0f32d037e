// Loaded into the process under test (LD_PRELOAD): a disk that fills up, fails or loses power, and a clock that jumps.
// Told what to do through a page of memory that it shares with the test (preload.py has the same layout).
//
// FAULTS_CONTROL  the file of that page
// FAULTS_DIR      the directory whose files are on the faulty disk
// FAULTS_UNDO     a directory: for each of those files, what its bytes were before every write that no fsync has
//                 made durable yet. Put back (preload.py, lose_unsynced), they are what a power failure leaves.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile int64_t clock_offset_ns;
  volatile int32_t write_error;  // errno of every write and growth; 0: none
  volatile int32_t sync_error;   // the same for fsync and fdatasync
  volatile int32_t sync_hangs;
  volatile int32_t refused;    // counts what failed
  volatile int32_t hanging;    // counts syncs that were held
  char suffix[64];             // only files whose names end like this; empty: all
};

struct undo_header {
  int64_t offset;
  int64_t size_before;  // of the whole file
  int64_t length;       // old bytes that follow
};

static struct control* control;
static char directory[PATH_MAX];
static char undo_directory[PATH_MAX];
// One writer at a time, so that a sync never forgets a write that came after it.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void*, size_t, off64_t);
static ssize_t (*real_write)(int, const void*, size_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_clock_gettime)(clockid_t, struct timespec*);

// libstdc++ asks for the time before constructors of a preloaded library have run.
static void find_real(void) {
  if (real_clock_gettime) return;
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

__attribute__((constructor)) static void start(void) {
  find_real();
  const char* file = getenv("FAULTS_CONTROL");
  const char* under = getenv("FAULTS_DIR");
  const char* undo = getenv("FAULTS_UNDO");
  if (undo) snprintf(undo_directory, sizeof undo_directory, "%s", undo);
  if (under) snprintf(directory, sizeof directory, "%s/", under);
  if (!file) return;
  const int descriptor = open(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    perror("FAULTS_CONTROL");
    _exit(99);
  }
  void* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (page != MAP_FAILED) control = page;
}

// The file's path, if it is on the faulty disk.
static int on_disk(int descriptor, char* path, size_t size) {
  if (!control || !directory[0]) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, size - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  return strncmp(path, directory, strlen(directory)) == 0;
}

static int fails(const char* path, int error) {
  if (!error) return 0;
  const size_t length = strlen(path), end = strnlen(control->suffix, sizeof control->suffix);
  if (length < end || strncmp(path + length - end, control->suffix, end) != 0) return 0;
  __sync_fetch_and_add(&control->refused, 1);
  errno = error;
  return 1;
}

static void undo_path(const char* path, char* out, size_t size) {
  const char* name = strrchr(path, '/');
  snprintf(out, size, "%s/%s", undo_directory, name ? name + 1 : path);
}

// Keeps what the file holds at [offset, offset + length), and its size.
static void keep(int descriptor, const char* path, off64_t offset, size_t length) {
  if (!undo_directory[0]) return;
  struct stat64 status;
  char name[PATH_MAX];
  char* old = malloc(sizeof(struct undo_header) + length);
  if (!old || fstat64(descriptor, &status) != 0) abort();
  // SQLite opens its files for reading and writing, so what was there can be read.
  const ssize_t got = length ? pread64(descriptor, old + sizeof(struct undo_header), length, offset) : 0;
  const struct undo_header header = {offset, status.st_size, got > 0 ? got : 0};
  memcpy(old, &header, sizeof header);
  undo_path(path, name, sizeof name);
  const int log = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const size_t total = sizeof header + (size_t)header.length;
  if (log < 0 || real_write(log, old, total) != (ssize_t)total) abort();
  close(log);
  free(old);
}

static void forget(const char* path) {
  if (!undo_directory[0]) return;
  char name[PATH_MAX];
  undo_path(path, name, sizeof name);
  if (truncate(name, 0) != 0 && errno != ENOENT) abort();
}

ssize_t pwrite64(int descriptor, const void* data, size_t length, off64_t offset) {
  char path[PATH_MAX];
  find_real();
  if (!on_disk(descriptor, path, sizeof path)) return real_pwrite(descriptor, data, length, offset);
  if (fails(path, control->write_error)) return -1;
  pthread_mutex_lock(&lock);
  keep(descriptor, path, offset, length);
  const ssize_t result = real_pwrite(descriptor, data, length, offset);
  pthread_mutex_unlock(&lock);
  return result;
}

ssize_t pwrite(int descriptor, const void* data, size_t length, off_t offset) {
  return pwrite64(descriptor, data, length, offset);
}

ssize_t write(int descriptor, const void* data, size_t length) {
  char path[PATH_MAX];
  find_real();
  if (!on_disk(descriptor, path, sizeof path)) return real_write(descriptor, data, length);
  if (fails(path, control->write_error)) return -1;
  pthread_mutex_lock(&lock);
  keep(descriptor, path, lseek64(descriptor, 0, SEEK_CUR), length);
  const ssize_t result = real_write(descriptor, data, length);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate64(int descriptor, off64_t size) {
  char path[PATH_MAX];
  struct stat64 status;
  find_real();
  if (!on_disk(descriptor, path, sizeof path)) return real_ftruncate(descriptor, size);
  if (fstat64(descriptor, &status) != 0) return -1;
  if (size > status.st_size && fails(path, control->write_error)) return -1;
  pthread_mutex_lock(&lock);
  keep(descriptor, path, size, size < status.st_size ? (size_t)(status.st_size - size) : 0);
  const int result = real_ftruncate(descriptor, size);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

static int sync_with(int (*real)(int), int descriptor) {
  char path[PATH_MAX];
  if (!on_disk(descriptor, path, sizeof path)) return real(descriptor);
  if (control->sync_hangs) {
    __sync_fetch_and_add(&control->hanging, 1);
    while (control->sync_hangs) usleep(1000);
  }
  if (fails(path, control->sync_error)) return -1;
  pthread_mutex_lock(&lock);
  const int result = real(descriptor);
  if (result == 0) forget(path);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int descriptor) {
  find_real();
  return sync_with(real_fsync, descriptor);
}

int fdatasync(int descriptor) {
  find_real();
  return sync_with(real_fdatasync, descriptor);
}

static int64_t offset_ns(void) { return control ? control->clock_offset_ns : 0; }

int clock_gettime(clockid_t id, struct timespec* time) {
  find_real();
  const int result = real_clock_gettime(id, time);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    const int64_t now = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + offset_ns();
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}
