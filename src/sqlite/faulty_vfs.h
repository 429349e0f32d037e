// A file system for tests that fails on request and counts: the system's own underneath, SQLite's default
// while it lives.
#pragma once

#include <atomic>
#include <cstring>
#include <new>
#include <sqlite3.h>

namespace vestnik::sqlite::test {

class FaultyVfs {
 public:
  FaultyVfs() : system_(sqlite3_vfs_find(nullptr)), vfs_(*system_) {
    vfs_.zName = "faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + system_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = &FaultyVfs::open;
    current_ = this;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(system_, 1);
    current_ = nullptr;
  }
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  std::atomic<bool> disk_full = false;   // writes answer SQLITE_FULL, as the system's VFS does for ENOSPC
  std::atomic<bool> sync_fails = false;  // fsync answers EIO
  std::atomic<int> syncs = 0;

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* real;  // follows this struct in the memory SQLite gave
  };
  static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto& self = *static_cast<FaultyVfs*>(vfs->pAppData);
    auto* outer =
        new (file) File{{nullptr}, reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1)};
    std::memset(static_cast<void*>(outer->real), 0, static_cast<std::size_t>(self.system_->szOsFile));
    const int code = self.system_->xOpen(self.system_, name, outer->real, flags, out);
    if (code == SQLITE_OK) outer->base.pMethods = &methods_;
    return code;
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (current_->disk_full) return SQLITE_FULL;
    return real(file)->pMethods->xWrite(real(file), data, size, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    ++current_->syncs;
    if (current_->sync_fails) return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
  }

  // Version 2: with shared memory, without memory mapping.
  static inline const sqlite3_io_methods methods_ = {
      2,
      [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
      [](sqlite3_file* f, void* p, int n, sqlite3_int64 o) {
        return real(f)->pMethods->xRead(real(f), p, n, o);
      },
      &FaultyVfs::write,
      [](sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); },
      &FaultyVfs::sync,
      [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); },
      [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); },
      [](sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); },
      [](sqlite3_file* f, int* r) { return real(f)->pMethods->xCheckReservedLock(real(f), r); },
      [](sqlite3_file* f, int op, void* a) { return real(f)->pMethods->xFileControl(real(f), op, a); },
      [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
      [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
      [](sqlite3_file* f, int r, int n, int x, void volatile** p) {
        return real(f)->pMethods->xShmMap(real(f), r, n, x, p);
      },
      [](sqlite3_file* f, int o, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), o, n, flags);
      },
      [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
      [](sqlite3_file* f, int d) { return real(f)->pMethods->xShmUnmap(real(f), d); },
      nullptr,
      nullptr,
  };

  static inline FaultyVfs* current_ = nullptr;  // one at a time
  sqlite3_vfs* system_;
  sqlite3_vfs vfs_;
};

}  // namespace vestnik::sqlite::test
