// Answers that come together, from a peer of the test's own: it says exactly what arrives in one read.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/endian/conversion.hpp>
#include <future>
#include <gtest/gtest.h>
#include <thread>

#include "sms/sender.h"
#include "sms/smpp/pdu.h"
#include "sms/smpp_provider.h"

namespace vestnik::sms {
namespace {

using boost::asio::ip::tcp;

constexpr std::size_t header_bytes = 16;
constexpr int window = 2;

// The response to the next PDU of `socket`, with a body that is an empty C string (SMPP 3.4, 4.1.4
// and 4.4.2).
std::string answer_to_next(tcp::socket& socket) {
  std::string pdu(header_bytes, '\0');
  boost::asio::read(socket, boost::asio::buffer(pdu));
  const auto field = [&](std::size_t at) {
    return boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(pdu.data() + at));
  };
  std::string body(field(0) - header_bytes, '\0');
  boost::asio::read(socket, boost::asio::buffer(body));
  std::string answer(header_bytes + 1, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value) {
    boost::endian::store_big_u32(reinterpret_cast<unsigned char*>(answer.data() + at), value);
  };
  put(0, static_cast<std::uint32_t>(answer.size()));
  put(4, field(4) | 0x8000'0000);
  put(12, field(12));
  return answer;
}

std::shared_ptr<Notification> sms(int number) {
  auto n = std::make_shared<Notification>();
  n->id = {"notification-" + std::to_string(number)};
  n->channel = Channel::sms;
  n->to = "+79160000000";
  n->text = "hello";
  return n;
}

// The engine sends on as soon as it is told of an answer, so the place of an answer that it is not told of
// yet must still be taken: else a crash leaves more in doubt than there are places.
TEST(SmppAnswers, OfOneReadFreeTheirPlacesOneByOneAsTheyAreTold) {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
  std::jthread peer([&] {
    tcp::socket socket = acceptor.accept();
    boost::asio::write(socket, boost::asio::buffer(answer_to_next(socket)));
    std::string answers;
    for (int i = 0; i < window; ++i) answers += answer_to_next(socket);
    boost::asio::write(socket, boost::asio::buffer(answers));
    boost::system::error_code until_closed;
    char byte = 0;
    boost::asio::read(socket, boost::asio::buffer(&byte, 1), until_closed);
  });

  net::EventLoop loop("sms-test");
  loop.start();
  std::unique_ptr<SmppProvider> provider;
  std::vector<std::size_t> free_when_told;
  std::promise<void> all_told, gone;
  loop.post([&] {
    const std::string port = std::to_string(acceptor.local_endpoint().port());
    SmppProviderOptions options{
        .url = smpp::parse_smpp_url("smpp://v:p@127.0.0.1:" + port + "?window=" + std::to_string(window))
                   .value()};
    options.source = sender_address("Vestnik", options.url).value();
    provider = std::make_unique<SmppProvider>(loop, std::move(options));
    provider->on_receipt([](const Receipt&, Task recorded) { recorded(); });
    provider->on_capacity([&, sent = false]() mutable {
      if (std::exchange(sent, true)) return;
      for (int i = 0; i < window; ++i)
        provider->send({.notification = sms(i), .number = 1, .progress = {}}, [&](const Outcome& outcome) {
          EXPECT_TRUE(std::holds_alternative<Sent>(outcome));
          free_when_told.push_back(provider->capacity());
          if (free_when_told.size() == window) all_told.set_value();
        });
    });
  });
  EXPECT_EQ(all_told.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  loop.post([&] {
    provider.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  loop.stop();
  EXPECT_EQ(free_when_told, (std::vector<std::size_t>{1, 2}));
}

}  // namespace
}  // namespace vestnik::sms
