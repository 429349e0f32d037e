// Against jsmpp's SMSC simulator: an SMPP implementation that others use, which answers submit_sm with ids in
// hexadecimal and sends receipts with the same ids in decimal.
#include "sms/provider_fixture.h"

namespace vestnik::sms {
namespace {

using JsmppTest = WithPeers;

TEST_F(JsmppTest, BindsSendsAndGetsReceipts) {
  const int port = free_port();
  PeerProcess simulator({"/usr/bin/java", "-cp", smsc_directory() + "/jars/*", "-Xmx64m", "-XX:+UseSerialGC",
                         "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                         "-Dorg.slf4j.simpleLogger.log.org.jsmpp=error",
                         "-Djsmpp.simulator.port=" + std::to_string(port), "-Djsmpp.client.systemId=vestnik",
                         "-Djsmpp.client.password=secret", "org.jsmpp.examples.SMPPServerSimulator"});
  ProviderOnLoop provider("smpp://vestnik:secret@127.0.0.1:" + std::to_string(port) +
                          "?response_ids=hex&receipt_ids=decimal&window=10");
  ASSERT_TRUE(provider.wait_until_bound());
  constexpr int count = 30;
  for (int i = 0; i < count; ++i) provider.send(i, i % 3 == 0 ? "Привет" : "Hello");
  ASSERT_TRUE(provider.wait_for_outcomes(count));
  ASSERT_EQ(provider.count<Sent>(), static_cast<std::size_t>(count));
  ASSERT_TRUE(provider.wait_for_receipts(count));
  std::set<std::string> sent, receipted;
  for (int i = 0; i < count; ++i) sent.insert(std::get<Sent>(provider.outcome(i)).message_ids.at(0));
  for (const Receipt& receipt : provider.receipts()) {
    EXPECT_EQ(receipt.status, Receipt::Status::delivered) << receipt.answer;
    receipted.insert(receipt.message_id);
  }
  EXPECT_EQ(sent, receipted);
  EXPECT_TRUE(provider.stop(std::chrono::seconds(5)));
}

}  // namespace
}  // namespace vestnik::sms
