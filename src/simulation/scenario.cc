#include "simulation/scenario.h"

namespace vestnik::simulation {
namespace {

PeerMoods draw_moods(Dice& dice) {
  if (dice.chance(0.15)) return calm({});
  PeerMoods moods;
  for (double* chance :
       {&moods.refuse_connection, &moods.transient, &moods.permanent, &moods.closing, &moods.hang,
        &moods.drop, &moods.drop_after_take, &moods.silent_after_take, &moods.throttle})
    *chance *= dice.chance(0.3) ? 0 : dice.chance(0.2) ? 4 : 1;
  if (dice.chance(0.3)) moods.early_receipt = 0.9;
  moods.delay_max = dice.chance(0.3) ? 60ms : 6ms;
  moods.thinking_max = dice.chance(0.3) ? 1500ms : 10ms;
  return moods;
}

}  // namespace

Scenario draw_scenario(Dice& dice) {
  Scenario s;
  s.partitions = static_cast<std::int32_t>(dice.between(1, 4));
  s.processes = {1 + dice.below(3), 1 + dice.below(2), 1 + dice.below(2)};
  s.users = 1 + dice.below(6);
  s.request_gap_max = dice.chance(0.3) ? 20ms : dice.chance(0.3) ? 1s : 200ms;

  if (dice.chance(0.2)) s.broker.append_lost = s.broker.append_partial = s.broker.answer_lost = 0.1;
  if (dice.chance(0.2)) s.broker.delay_max = 300ms;
  s.broker.session_max = dice.chance(0.5) ? 1s : 6s;
  if (dice.chance(0.2)) s.store.lost = s.store.answer_lost = 0.1;
  if (dice.chance(0.2)) s.store.delay_max = 300ms;
  s.peers = draw_moods(dice);
  s.smtp.connections = 1 + dice.below(4);
  s.smpp = {.links = 1 + dice.below(2), .window = 1 + dice.below(8)};
  s.email_providers = dice.chance(0.35) ? 2 : 1;
  s.sms_providers = dice.chance(0.35) ? 2 : 1;
  s.limits = dice.chance(0.35);

  s.attempts_max = static_cast<int>(dice.between(2, 6));
  if (dice.chance(0.3)) s.backoff_first = std::chrono::milliseconds(20);
  if (dice.chance(0.3)) {
    s.held_max = 4 + dice.below(8);
    s.read_max = 2 + dice.below(6);
  }

  const double wanted = dice.chance(0.5) ? 0.35 : 0.7;
  for (std::size_t fault = 0; fault < fault_count; ++fault)
    if (dice.chance(wanted)) s.faults.push_back(static_cast<Fault>(fault));
  s.fault_gap_max = dice.chance(0.3) ? 300ms : dice.chance(0.3) ? 8s : 2s;
  s.store.begins_new = dice.chance(0.6);
  return s;
}

}  // namespace vestnik::simulation
