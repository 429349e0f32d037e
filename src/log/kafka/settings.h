// From Options to librdkafka's configuration objects; where each setting that we choose is explained.
#pragma once

#include <string>

#include "log/kafka/handles.h"
#include "log/kafka/kafka_log.h"

namespace vestnik::log::kafka {

// librdkafka's own limit for a record with its headers and framing (`message.max.bytes`). The brokers'
// default limit for a batch is 1,048,588 (`max.message.bytes`), which a batch of one such record stays
// within.
inline constexpr std::size_t message_bytes_max = 1'000'000;

// Throws std::invalid_argument: unknown, refused or bad property.
ConfHandle producer_settings(const Options& options);
ConfHandle consumer_settings(const Options& options, const std::string& group);

enum class ClientKind { producer, consumer };
// Throws std::runtime_error with librdkafka's reason.
ClientHandle make_client(ClientKind kind, ConfHandle settings);

}  // namespace vestnik::log::kafka
