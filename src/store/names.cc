#include "store/names.h"

#include <array>

#include "store/codes.h"
#include "store/packed.h"

namespace vestnik::store {
namespace {

constexpr std::int64_t no_channel = -1;

}  // namespace

std::string pack_group(const Group& group) {
  Packer out;
  out.integer(group.channel ? code(*group.channel) : no_channel);
  out.text(group.provider);
  out.text(group.template_name);
  out.text(group.category);
  out.text(group.event_type);
  return out.take();
}

Group unpack_group(std::string_view packed) {
  Unpacker in(packed);
  Group group;
  if (const std::int64_t channel = in.integer(); channel != no_channel) group.channel = channel_of(channel);
  group.provider = in.text();
  group.template_name = in.text();
  group.category = in.text();
  group.event_type = in.text();
  return group;
}

int other_group(std::optional<Channel> channel) { return channel ? code(*channel) : 2; }

int Names::group(const Group& group) {
  return number(NameKind::group, pack_group(group)).value_or(other_group(group.channel));
}

int Names::label(std::string_view label) {
  return number(NameKind::label, std::string(label)).value_or(other_label);
}

std::optional<int> NameCache::find(NameKind kind, const std::string& text) const {
  const auto found = of(kind).find(text);
  if (found == of(kind).end()) return std::nullopt;
  return found->second;
}

void NameCache::learn(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) of(entry.kind).emplace(entry.text, entry.number);
}

bool NameCache::complete(NameKind kind) const {
  const auto [first, end] = range_of(kind);
  return of(kind).size() == static_cast<std::size_t>(end - first);
}

void Groups::add(int number, std::string_view packed) {
  const auto index = static_cast<std::size_t>(number);
  if (groups_.size() <= index) groups_.resize(index + 1);
  groups_[index] = unpack_group(packed);
}

const Group& Groups::at(int number) const {
  static const std::array<Group, 3> others{Group{.channel = Channel::email}, Group{.channel = Channel::sms},
                                           Group{}};
  if (const Group* group = known(number)) return *group;
  return others[is_reserved(number) ? static_cast<std::size_t>(number) : 2];
}

std::string Groups::name(int number, GroupBy by) const {
  const Group& group = at(number);
  if (by == GroupBy::none || by == GroupBy::error) return "";
  if (by == GroupBy::channel) return group.channel ? std::string(to_string(*group.channel)) : "";
  if (is_other(number)) return std::string(other_name);
  switch (by) {
    case GroupBy::provider: return group.provider;
    case GroupBy::template_name: return group.template_name;
    case GroupBy::category: return group.category;
    default: return group.event_type;
  }
}

}  // namespace vestnik::store
