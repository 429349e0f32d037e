// How the embedded store carries a backlog, measured by hand:
//
//   ninja -C build/release store_sqlite_measure && build/release/.../store_sqlite_measure DIRECTORY [ROWS]
//
// Fills an empty data directory with ROWS (a million) deliveries that are due a year from now, opens it anew
// and prints how long the first steps of a start take and what they cost in memory. Run again on the same
// directory it only measures; a server can be started on it as well.
#include <fmt/format.h>
#include <fstream>
#include <iostream>

#include "store/ledger_test_support.h"
#include "store/sqlite/store.h"

namespace vestnik::store {
namespace {

constexpr std::int32_t partitions = 16;
constexpr std::chrono::days due_in{365};
constexpr int batch_size = 512;

class Watch {
 public:
  std::int64_t ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS")) return line.substr(line.find_first_not_of(" \t", 6));
  return "unknown";
}

void tell(std::string_view what, const Watch& watch) {
  std::cout << fmt::format("{:<58} {:>6} ms, {} resident\n", what, watch.ms(), memory());
}

Notification waiting(int number) {
  Notification n = a_notification(number);
  n.text = std::string(300, 'x');
  n.html = std::string(600, 'x');
  n.send_at = system_clock().now() + due_in + std::chrono::milliseconds(number);
  return n;
}

void fill(Ledger& ledger, int from, int rows) {
  const Watch watch;
  std::vector<Admission> batch;
  for (int i = from; i < from + rows; ++i) {
    batch.push_back({waiting(i), {i % partitions, 1}});
    if (batch.size() == batch_size || i + 1 == from + rows)
      admitted(ledger, std::exchange(batch, {}), system_clock().now());
  }
  tell(fmt::format("admitted {}", rows), watch);
}

void measure_start(Ledger& ledger) {
  std::vector<Owner> owners;
  std::vector<std::int32_t> all;
  for (std::int32_t p = 0; p < partitions; ++p) {
    owners.push_back({p, 1});
    all.push_back(p);
  }
  const Watch claim;
  const auto open = claimed(ledger, owners).size();
  tell(fmt::format("claim of {} partitions, {} attempts open", partitions, open), claim);
  const Watch first;
  const auto none = due(ledger, all, system_clock().now(), batch_size).size();
  tell(fmt::format("due now: {}", none), first);
  const Watch next;
  get<std::optional<Timestamp>>([&](auto done) { ledger.next_due(Channel::email, all, std::move(done)); });
  tell("next_due", next);
  const Watch later;
  const auto some = due(ledger, all, system_clock().now() + 2 * due_in, batch_size).size();
  tell(fmt::format("due in a year: the first {}", some), later);
  const Watch list;
  const auto page = get<DeliveryPage>([&](auto done) { ledger.list({}, 0, 100, std::move(done)); });
  tell(fmt::format("list: {} of all", page.deliveries.size()), list);
  const Watch rare;
  listed(ledger, {.states = {DeliveryState::dead, DeliveryState::in_doubt}});
  tell("list: dead and in doubt", rare);
  const Watch nobody;
  listed(ledger, {.user_id = {"nobody"}});
  tell("list: one call for a user who has none", nobody);
}

// Batches of attempts begun with and without limits, in turns.
void measure_begin(Ledger& ledger, int first) {
  constexpr int rounds = 40;
  const std::vector<std::vector<LimitUse>> kinds{
      {},
      {a_use("provider/smtp", 1'000'000, 60'000)},
      {a_use("provider/smtp", 1'000'000, 60'000), a_use("", 3, 86'400'000)}};
  std::vector<std::int64_t> spent_us(kinds.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      std::vector<AttemptStart> starts =
          first_starts(ledger, first, batch_size, system_clock().now(), kinds[kind]);
      for (int i = 0; i < batch_size && kind == 2; ++i)
        starts[i].limits[1].key = fmt::format("recipient/{}", first + i);
      first += batch_size;
      const auto start = std::chrono::steady_clock::now();
      began(ledger, std::move(starts));
      spent_us[kind] +=
          std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start)
              .count();
    }
  const char* names[] = {"no limit", "one for all", "one for all and one for each"};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind)
    std::cout << fmt::format("begin_attempts of {}, {:<30} {:>6} us\n", batch_size, names[kind],
                             spent_us[kind] / rounds);
}

int main_of(const std::string& directory, int rows) {
  if (!std::filesystem::exists(directory + "/vestnik.db")) {
    const auto database = vestnik::sqlite::Database::open({.directory = directory});
    sqlite::SqliteStore store(*database);
    fill(store.ledger(), 0, rows);
  }
  const Watch watch;
  const auto database = vestnik::sqlite::Database::open({.directory = directory});
  sqlite::SqliteStore store(*database);
  tell("open", watch);
  measure_start(store.ledger());
  measure_begin(store.ledger(),
                100'000'000 + static_cast<int>(to_unix_ms(system_clock().now()) % 1'000'000) * 1000);
  tell("at the end", watch);
  return 0;
}

}  // namespace
}  // namespace vestnik::store

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: store_sqlite_measure DIRECTORY [ROWS]\n";
    return 2;
  }
  testing::InitGoogleTest();
  return vestnik::store::main_of(argv[1], argc == 3 ? std::stoi(argv[2]) : 1'000'000);
}
