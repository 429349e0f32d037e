#include "planning/source_files.h"

#include <fmt/format.h>
#include <system_error>

#include "base/embedded_file.h"
#include "config/file.h"
#include "planning/text.h"

namespace vestnik::planning {

std::span<const EmbeddedFile> embedded_files();  // vestnik_embed in CMakeLists.txt

namespace {

constexpr int levels_max = 2;  // templates/welcome/subject.txt

bool is_left_out(const std::string& name) {
  return name.starts_with('.') || name.ends_with('~') || name == "README.md";
}

config::Problem not_utf8(const SourceFile& file, std::size_t at) {
  return {file.path, 0, 0, fmt::format("not UTF-8 at byte {}", at)};
}

void read_level(const std::filesystem::path& directory, const std::string& prefix, int level,
                SourceFiles& files, config::Problems& problems) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (const std::filesystem::directory_iterator end; !error && entries != end; entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (is_left_out(name)) continue;
    if (files.size() >= source_files_max) {
      problems.push_back({directory.string(), 0, 0, fmt::format("more than {} files", source_files_max)});
      return;
    }
    std::error_code not_there;
    if (entries->is_directory(not_there)) {
      if (level + 1 < levels_max)
        read_level(entries->path(), prefix + name + "/", level + 1, files, problems);
      else
        problems.push_back({entries->path().string(), 0, 0, "a directory is not expected here"});
      continue;
    }
    auto content = config::read_small_file(entries->path(), source_file_bytes_max);
    if (!content) {
      problems.push_back({entries->path().string(), 0, 0, content.error()});
      continue;
    }
    SourceFile file{entries->path().string(), std::move(*content)};
    if (const auto invalid = first_invalid_utf8(file.content)) problems.push_back(not_utf8(file, *invalid));
    files.emplace(prefix + name, std::move(file));
  }
  if (error) problems.push_back({directory.string(), 0, 0, "can't be read: " + error.message()});
}

SourceFiles embedded_below(std::string_view directory) {
  SourceFiles files;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path.starts_with(directory))
      files.emplace(file.path.substr(directory.size()),
                    SourceFile{std::string(file.path), std::string(file.content)});
  }
  return files;
}

}  // namespace

Result<SourceFiles, config::Problems> read_directory(const std::filesystem::path& directory) {
  SourceFiles files;
  config::Problems problems;
  read_level(directory, "", 0, files, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return files;
}

SourceFiles shipped_workflows() { return embedded_below("workflows/"); }
SourceFiles shipped_templates() { return embedded_below("templates/"); }

}  // namespace vestnik::planning
