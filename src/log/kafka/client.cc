#include "log/kafka/client.h"

#include <array>
#include <utility>

#include "log/kafka/settings.h"

namespace vestnik::log::kafka {
namespace {

HeadersHandle headers_of(const Record& record) {
  if (record.headers.empty()) return nullptr;
  HeadersHandle headers(rd_kafka_headers_new(record.headers.size()));
  for (const Header& header : record.headers) {
    rd_kafka_header_add(headers.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  return headers;
}

// A field of rd_kafka_produceva's list.
rd_kafka_vu_t bytes_field(rd_kafka_vtype_t type, const std::string& bytes) {
  rd_kafka_vu_t field{};
  field.vtype = type;
  field.u.mem.ptr = const_cast<char*>(bytes.data());  // only read, since RD_KAFKA_MSG_F_COPY is given
  field.u.mem.size = bytes.size();
  return field;
}

constexpr const char* interceptor_name = "vestnik";

rd_kafka_resp_err_t on_acknowledgement(rd_kafka_t*, rd_kafka_message_t* message, void* listener) {
  // An error has its delivery report, which alone knows whether the record may have been written.
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
    static_cast<ConfirmationListener*>(listener)->on_confirmed(message->_private);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* listener, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_acknowledgement(client, interceptor_name, &on_acknowledgement, listener);
}

// An interceptor hears of a confirmation on the thread that read it from the broker. A delivery report would
// cross to the I/O thread first, one more thread switch on every answer's way.
ConfHandle intercepted(ConfHandle settings, ConfirmationListener& listener) {
  rd_kafka_conf_interceptor_add_on_new(settings.get(), interceptor_name, &on_new, &listener);
  return settings;
}

}  // namespace

ProducerClient::ProducerClient(const Options& options, Wake& wake, ConfirmationListener& confirmed)
    : client_(make_client(ClientKind::producer, intercepted(producer_settings(options), confirmed))),
      queue_(rd_kafka_queue_get_main(client_.get())) {
  wake.listen(queue_.get());
}

ProducerClient::~ProducerClient() {
  give_up();
  rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  topics_.clear();
}

rd_kafka_topic_t* ProducerClient::topic(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TopicHandle& handle = topics_[name];
  if (handle == nullptr) handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  return handle.get();
}

rd_kafka_resp_err_t ProducerClient::produce(const std::string& name, std::int32_t partition,
                                            const Record& record, void* opaque) {
  rd_kafka_topic_t* const handle = topic(name);
  if (handle == nullptr) return rd_kafka_last_error();
  HeadersHandle headers = headers_of(record);

  std::array<rd_kafka_vu_t, 7> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = handle;
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[3].u.ptr = opaque;
  fields[4] = bytes_field(RD_KAFKA_VTYPE_KEY, record.key);
  fields[5] = bytes_field(RD_KAFKA_VTYPE_VALUE, record.value);
  std::size_t count = 6;
  if (headers != nullptr) {
    fields[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[count].u.headers = headers.get();
    ++count;
  }
  const ErrorHandle error(rd_kafka_produceva(client_.get(), fields.data(), count));
  if (error != nullptr) return rd_kafka_error_code(error.get());
  static_cast<void>(headers.release());  // the message owns them now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void ProducerClient::give_up() {
  rd_kafka_purge(client_.get(),
                 RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

}  // namespace vestnik::log::kafka
