// What becomes of a delivery once its attempt has an outcome (the second half of Attempts).
#include <algorithm>
#include <utility>

#include "delivery/attempts.h"

namespace vestnik::delivery {

void Attempts::expire(Held held) {
  ++open_by_partition_[held.owner.partition];
  end(std::move(held), store::DeliveryState::expired, StepKind::expired,
      "its time passed before it could be sent");
}

void Attempts::recover(Held held) {
  ++open_by_partition_[held.owner.partition];
  conclude(std::move(held), InDoubt{"the process that sent it stopped before it saw an answer"});
}

void Attempts::put_off(Held held, Timestamp due_at, std::string why) {
  ++open_by_partition_[held.owner.partition];
  retry_later(std::move(held), std::move(why), StepKind::deferred, due_at, Burn::nothing);
}

// A provider that answers works, whatever it says of the message.
void Attempts::note_in_breaker(Lane& lane, const Outcome& outcome) {
  const auto* transient = std::get_if<Transient>(&outcome);
  const bool failed = std::holds_alternative<InDoubt>(outcome) || (transient && transient->provider_failed);
  if (!failed) {
    lane.breaker().succeeded();
    return;
  }
  const SteadyTime now = scheduler_.clock().steady_now();
  if (!lane.breaker().failed(now)) return;
  give_back_what_may_not_be_sent();
  const auto pause = std::chrono::ceil<std::chrono::microseconds>(lane.breaker().open_until() - now);
  lane.breaker_timer = scheduler_.after(pause, [this] { calls_.more_room(); });
}

void Attempts::conclude(Held held, Outcome outcome) {
  std::visit(
      Overloaded{[&](Sent& sent) {
                   metrics_.ended(held.provider, StepKind::sent);
                   metrics_.sent(held.provider, scheduler_.clock().now() - held.notification->accepted_at);
                   Ending ending{{.owner = held.owner,
                                  .step = step_of(held, StepKind::sent, std::move(sent.answer)),
                                  .to = store::DeliveryState::sent,
                                  .message_ids = std::move(sent.message_ids)},
                                 std::move(held),
                                 std::nullopt};
                   record_.add(std::move(ending));
                 },
                 [&](Transient& transient) { conclude_transient(std::move(held), std::move(transient)); },
                 [&](Permanent& permanent) {
                   end(std::move(held), store::DeliveryState::dead, StepKind::dead,
                       std::move(permanent.answer));
                 },
                 [&](InDoubt& in_doubt) { conclude_in_doubt(std::move(held), std::move(in_doubt)); }},
      outcome);
}

void Attempts::conclude_transient(Held held, Transient transient) {
  const Timestamp now = scheduler_.clock().now();
  const bool burned = transient.burns_attempt();
  if (burned && !has_attempts_left(held)) {
    end(std::move(held), store::DeliveryState::dead, StepKind::dead,
        "attempts used up; last answer: " + transient.answer);
    return;
  }
  held.progress = std::move(transient.progress);
  lanes_.mark_tried(held);
  std::chrono::microseconds delay{0};
  if (!lanes_.has_other(held, scheduler_.clock().steady_now())) {
    held.tried = 0;
    delay = policy_.backoff.after(burned ? held.attempts_counted() : 1, random_);
    if (transient.retry_after) delay = std::max<std::chrono::microseconds>(delay, *transient.retry_after);
  }
  retry_later(std::move(held), std::move(transient.answer), StepKind::deferred, now + delay,
              burned ? Burn::attempt : Burn::given_back);
}

void Attempts::conclude_in_doubt(Held held, InDoubt in_doubt) {
  if (!in_doubt.progress.empty()) held.progress = std::move(in_doubt.progress);
  if (held.notification->hold_in_doubt) {
    end(std::move(held), store::DeliveryState::in_doubt, StepKind::in_doubt,
        in_doubt.answer + "; held for a person to decide");
  } else if (!has_attempts_left(held)) {
    end(std::move(held), store::DeliveryState::in_doubt, StepKind::in_doubt, std::move(in_doubt.answer));
  } else {
    lanes_.mark_tried(held);
    retry_later(std::move(held), std::move(in_doubt.answer), StepKind::in_doubt, scheduler_.clock().now(),
                Burn::attempt);
  }
}

bool Attempts::has_attempts_left(const Held& held) const {
  const int max =
      held.notification->attempts_max > 0 ? held.notification->attempts_max : policy_.attempts_max;
  return held.attempts_counted() < max;
}

void Attempts::retry_later(Held held, std::string answer, StepKind kind, Timestamp due_at, Burn burn) {
  if (held.expires_by(due_at)) {
    end(std::move(held), store::DeliveryState::expired, StepKind::expired,
        "its time passes before another attempt; last answer: " + answer);
    return;
  }
  metrics_.ended(held.provider, kind);
  store::Transition transition{.owner = held.owner,
                               .step = step_of(held, kind, std::move(answer)),
                               .to = store::DeliveryState::pending,
                               .attempt_burned = burn == Burn::attempt,
                               .progress = held.progress};
  transition.step.due_at = due_at;
  Held retry = held;
  retry.send_by.reset();
  retry.spans.reset();
  retry.due_at = due_at;
  if (burn == Burn::given_back) --retry.attempt;
  record_.add({std::move(transition), std::move(held), std::move(retry)});
}

void Attempts::end(Held held, store::DeliveryState state, StepKind kind, std::string answer) {
  metrics_.ended(held.provider, kind);
  Ending ending{{.owner = held.owner, .step = step_of(held, kind, std::move(answer)), .to = state},
                std::move(held),
                std::nullopt};
  record_.add(std::move(ending));
}

void Attempts::call_record(const std::vector<Ending>& batch, std::move_only_function<void(bool)> ended) {
  std::vector<store::Transition> transitions;
  transitions.reserve(batch.size());
  for (const Ending& ending : batch) transitions.push_back(ending.transition);
  ledger_.record(std::move(transitions),
                 back_on(scheduler_, alive_,
                         [this, &batch, ended = std::move(ended)](
                             Result<store::Ledger::Recorded, store::Error> result) mutable {
                           record_failing_ = !result;
                           if (!result) {
                             ended(false);
                             return;
                           }
                           for (std::size_t i = 0; i < batch.size(); ++i) {
                             // Not applied: a repeated call whose first try was written (its step is in the
                             // outbox), or the row belongs to a newer owner, who tells it. A retry is held
                             // all the same: the ledger decides when it is to begin.
                             if (result->applied[i] && teller_.tells())
                               teller_.tell({batch[i].transition.step});
                             const Held& held = batch[i].held;
                             trace_.recorded(held, batch[i].transition.step);
                             const bool never_tried = batch[i].transition.to == store::DeliveryState::expired;
                             if (!result->applied[i] && never_tried && !calls_.may_send(held.owner)) {
                               leave(held);
                               Held back = held;
                               back.in_lane = false;
                               calls_.again(std::move(back), false);
                               continue;
                             }
                             forget(held, batch[i].retry);
                           }
                           metrics_.received(result->receipt_steps);
                           teller_.tell(std::move(result->receipt_steps));
                           ended(true);
                           send_all_started();
                         }));
}

void Attempts::call_receipts(const std::vector<ArrivedReceipt>& batch,
                             std::move_only_function<void(bool)> ended) {
  std::vector<Receipt> receipts;
  receipts.reserve(batch.size());
  for (const ArrivedReceipt& arrived : batch) receipts.push_back(arrived.receipt);
  ledger_.apply_receipts(std::move(receipts),
                         back_on(scheduler_, alive_,
                                 [this, &batch, ended = std::move(ended)](
                                     Result<std::vector<Step>, store::Error> steps) mutable {
                                   if (steps) {
                                     metrics_.received(*steps);
                                     teller_.tell(std::move(*steps));
                                     for (const ArrivedReceipt& arrived : batch) (*arrived.recorded)();
                                   }
                                   ended(steps.has_value());
                                 }));
}

}  // namespace vestnik::delivery
