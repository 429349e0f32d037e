// From librdkafka's messages to our records.
#pragma once

#include "log/kafka/handles.h"
#include "model/record.h"

namespace vestnik::log::kafka {

inline Record record_of(const rd_kafka_message_t& message) {
  Record record;
  if (message.key != nullptr) record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    record.headers.push_back(
        {name, value == nullptr ? std::string() : std::string(static_cast<const char*>(value), size)});
  return record;
}

}  // namespace vestnik::log::kafka
