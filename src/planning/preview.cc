#include "planning/preview.h"

#include <array>
#include <utility>

namespace vestnik::planning {

Result<Preview, Failure<RenderError>> preview(const Template& used, const json::object& data) {
  const std::array<const json::object*, 1> all{&data};
  Preview result;
  for (const Channel channel : all_channels) {
    if (used.lacks(channel)) continue;
    auto rendered = render(used, channel, all);
    if (!rendered) return std::unexpected(std::move(rendered.error()));
    if (channel == Channel::sms) {
      result.sms = std::move(rendered->text);
    } else {
      result.email = std::move(*rendered);
    }
  }
  return result;
}

}  // namespace vestnik::planning
