#include "store/postgres/store.h"

#include "store/contract_test.h"
#include "store/postgres/inventory.h"
#include "store/postgres/peer.h"
#include "store/postgres/schema.h"

namespace vestnik::store {
namespace {

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() : url_(postgres::fresh_schema(postgres::shared_server_url())) { reopen(); }

  Store& store() override { return *store_; }
  std::unique_ptr<Inventory> inventory() override {
    return std::make_unique<postgres::PostgresInventory>(
        postgres::Options{.url = url_, .operation_timeout = std::chrono::seconds(10)});
  }
  ManualClock& clock() override { return clock_; }
  std::int64_t rows_of(const std::string& table) override {
    return std::stoll(postgres::Session(url_).run("SELECT count(*) FROM " + table));
  }
  // Back to the version before the read side had generations, with these timelines.
  void reopen_with(const OldReadSide& old) override {
    store_.reset();
    url_ = postgres::fresh_schema(postgres::shared_server_url());
    postgres::migrate(postgres::Options{.url = url_, .operation_timeout = std::chrono::seconds(10)});
    postgres::Session session(url_);
    session.run(
        "DROP TABLE readside_generations, readside_names, readside_rows, readside_events, "
        "readside_recipients, readside_counters; UPDATE vestnik_schema SET version = 3; "
        "CREATE TABLE timeline_counters (kind smallint, slot bigint, channel smallint, bucket int, n "
        "bigint)");
    const auto bytes = [](std::string_view text) {
      std::string out = "'\\x";
      for (const unsigned char c : text) out += fmt::format("{:02x}", c);
      return out + "'";
    };
    for (const TimelineRow& row : old.rows)
      session.run(
          fmt::format("INSERT INTO timeline (id, user_id, event_id, first_at, channel, state, facts) "
                      "VALUES ({}, {}, {}, {}, {}, {}, {})",
                      bytes(row.id), bytes(row.user_id), bytes(row.event_id), to_unix_us(first_at(row)),
                      code(row.channel), state_code(row), bytes(facts_of_version_1(row))));
    for (const AcceptedFact& event : old.events)
      session.run(fmt::format("INSERT INTO timeline_events VALUES ({}, {}, {})", bytes(event.event_id),
                              bytes(event.event_type), to_unix_us(event.accepted_at)));
    reopen();
  }
  void reopen() override {
    store_.reset();
    // Ten seconds instead of two: a machine that builds at the same time must not fail the contract.
    store_ = std::make_unique<postgres::PostgresStore>(
        postgres::Options{.url = url_, .operation_timeout = std::chrono::seconds(10)}, clock_);
  }

 private:
  ManualClock clock_;
  std::string url_;
  std::unique_ptr<postgres::PostgresStore> store_;
};

StoreFactory factory() {
  return [] { return std::make_unique<PostgresUnderTest>(); };
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(factory()),
                         [](const auto&) { return std::string("Server"); });

}  // namespace
}  // namespace vestnik::store
