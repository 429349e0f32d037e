// The clients: each asks for one thing at a time, and repeats it with the same key until it is answered.
#include <utility>

#include "simulation/system.h"

namespace vestnik::simulation {
namespace {

constexpr Duration patience = 3s;

UserEvent event_of(std::size_t user, std::uint64_t number, World& world) {
  UserEvent event;
  event.user_id = {fmt::format("user_01900000-0000-7000-8000-{:012}", user)};
  event.event_id = {fmt::format("01900000-0000-7000-9000-{:06}{:06}", user, number)};
  event.event_type = event_types[world.dice.below(event_types.size())];
  // Every fifth user has only one of the two.
  if (user % 5 != 3) event.email = fmt::format("user{}@d{}.example", user, user % 2);
  if (user % 5 != 4) event.phone = fmt::format("+1555000{:04}", user);
  return event;
}

}  // namespace

void System::next_request(Client& client) {
  world_.after(world_.dice.between(Duration(1ms), scenario_.request_gap_max), [this, &client] {
    if (calm_) return;
    client.open = std::make_unique<Request>(
        Request{.event = event_of(client.user, ++client.requests, world_), .user = client.user});
    try_request(client);
  });
}

void System::try_request(Client& client) {
  const std::uint64_t this_try = ++client.tries;
  client.open->event.accepted_at = world_.wall();
  checks_.on_request(*client.open);
  world_.after(patience, [this, &client, this_try] { answered(client, this_try, false); });
  Place& intake = places_.back();
  if (!intake.process) return;  // nobody listens
  intake.process->post([this, &client, &intake, this_try, process = intake.process,
                        record = encode(client.open->event)]() mutable {
    std::vector<Record> records;
    records.push_back(std::move(record));
    intake.log->append(
        user_events, std::move(records), [this, &client, this_try, process](Result<void, log::Error> result) {
          // A process that sleeps answers when it wakes.
          process->post([this, &client, this_try, accepted = result.has_value()] {
            world_.after(Duration(200),
                         [this, &client, this_try, accepted] { answered(client, this_try, accepted); });
          });
        });
  });
}

void System::answered(Client& client, std::uint64_t which_try, bool accepted) {
  if (!client.open || client.tries != which_try) return;
  if (!accepted) {
    ++client.tries;  // a later answer comes too late
    world_.after(world_.dice.between(Duration(10ms), Duration(800ms)), [this, &client] {
      if (client.open) try_request(client);
    });
    return;
  }
  world_.note("accepted {} {}", client.open->event.event_id.value, client.open->event.event_type);
  checks_.on_accepted(*client.open);
  client.open.reset();
  next_request(client);
}

}  // namespace vestnik::simulation
