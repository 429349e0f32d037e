// Numbers in place of what counts are grouped by: a group is everything but the time and the kind of what is
// counted, a label is an error's. There are so many at most, so what is counted stays bounded whatever
// providers, templates and peers come up with; what comes later is `other`. A number is given once and never
// taken back, in all generations of the read side alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/notification.h"
#include "store/timeline.h"

namespace vestnik::store {

struct Group {
  std::optional<Channel> channel;  // none: user events
  std::string provider;
  std::string template_name;
  std::string category;
  std::string event_type;

  friend bool operator==(const Group&, const Group&) = default;
};

std::string pack_group(const Group& group);
Group unpack_group(std::string_view packed);

// On disk.
enum class NameKind { group = 0, label = 1 };

// Numbers that are given: first <= n < end. Those below `first` have a meaning of their own.
struct NameRange {
  int first, end;
};
constexpr NameRange range_of(NameKind kind) {
  return kind == NameKind::group ? NameRange{3, 256} : NameRange{2, 4096};
}
// 0, 1 and 2: so a channel is counted exactly even then.
int other_group(std::optional<Channel> channel);
inline constexpr int no_label = 0, other_label = 1;
inline constexpr std::string_view other_name = "other";

// Gives numbers. Both functions throw what the store throws.
class Names {
 public:
  virtual ~Names() = default;
  int group(const Group& group);
  int label(std::string_view label);

 protected:
  // None: there are range_of(kind) already.
  virtual std::optional<int> number(NameKind kind, const std::string& text) = 0;
};

// What is known to be in the store for good. A store fills it with what is durable only.
class NameCache {
 public:
  struct Entry {
    NameKind kind;
    std::string text;
    int number;
  };

  std::optional<int> find(NameKind kind, const std::string& text) const;
  void learn(const std::vector<Entry>& entries);
  // Every number of the kind is given and known, so what is not found is `other`.
  bool complete(NameKind kind) const;

 private:
  using Numbers = std::unordered_map<std::string, int>;
  Numbers& of(NameKind kind) { return kind == NameKind::group ? groups_ : labels_; }
  const Numbers& of(NameKind kind) const { return kind == NameKind::group ? groups_ : labels_; }

  Numbers groups_, labels_;
};

// The groups, for who reads counts or rows.
class Groups {
 public:
  void add(int number, std::string_view packed);
  // The group of a row that was written after these were read is as unknown as `other` is.
  const Group& at(int number) const;
  bool is_other(int number) const { return known(number) == nullptr; }
  // What it is called when grouped by `by`.
  std::string name(int number, GroupBy by) const;
  template <class Function>
  void for_each(Function function) const {
    for (int number = 0; number < range_of(NameKind::group).end; ++number)
      if (is_reserved(number) || known(number)) function(number, at(number));
  }

 private:
  static bool is_reserved(int number) { return number < range_of(NameKind::group).first; }
  const Group* known(int number) const {
    const auto index = static_cast<std::size_t>(number);
    return index < groups_.size() && groups_[index] ? &*groups_[index] : nullptr;
  }

  std::vector<std::optional<Group>> groups_;  // by number
};

}  // namespace vestnik::store
