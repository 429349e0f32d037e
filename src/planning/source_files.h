// The files that workflows and templates are written in: from a directory, or the welcome set compiled into
// the binary.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "config/problem.h"

namespace vestnik::planning {

struct SourceFile {
  std::string path;  // for problems: as an operator would find it
  std::string content;
};

// By path inside the directory, with '/': "welcome/subject.txt".
using SourceFiles = std::map<std::string, SourceFile>;

inline constexpr std::size_t source_files_max = 2000;
inline constexpr std::size_t source_file_bytes_max = 256 * 1024;

// Every regular file below `directory`, two levels deep; hidden files, editors' backups (name~) and README.md
// are left out. All unreadable files are reported.
Result<SourceFiles, config::Problems> read_directory(const std::filesystem::path& directory);

// The welcome set of workflows/ and templates/ at the project's root.
SourceFiles shipped_workflows();
SourceFiles shipped_templates();

}  // namespace vestnik::planning
