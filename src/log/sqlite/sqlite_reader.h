// Reads the embedded log from its file, whether or not a process has it open.
#pragma once

#include <optional>

#include "log/reader.h"
#include "sqlite/read_only.h"

namespace vestnik::log::sqlite {

class SqliteReader final : public Reader {
 public:
  // `file` must outlive it. Throws std::runtime_error when the log is of a newer version.
  explicit SqliteReader(vestnik::sqlite::ReadOnlyFile& file);

  std::vector<PartitionRange> partitions(const std::string& topic) override;
  std::map<std::int32_t, std::int64_t> committed(const std::string& group, const std::string& topic) override;
  void read(const PartitionRange& range, const Take& take) override;

 private:
  struct Topic {
    std::int64_t id = 0;
    std::int32_t partitions = 0;
  };
  std::optional<Topic> find(const std::string& topic);

  vestnik::sqlite::ReadOnlyFile& file_;
  const bool has_tables_;
};

}  // namespace vestnik::log::sqlite
