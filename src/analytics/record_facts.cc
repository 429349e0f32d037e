#include "analytics/record_facts.h"

#include <utility>

namespace vestnik::analytics {
namespace {

template <class T>
Result<store::Fact, DecodeError> as_fact(Result<T, DecodeError> decoded) {
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  return store::Fact(*decoded);
}

}  // namespace

Result<store::Fact, DecodeError> fact_of(const Topics& topics, std::string_view topic, const Record& record) {
  if (topic == topics.user_events) return as_fact(decode_user_event(record));
  if (topic == topics.notification_events) return as_fact(decode_notification(record, Content::left_out));
  return as_fact(decode_step(record));
}

}  // namespace vestnik::analytics
