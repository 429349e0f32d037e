// The parts that need neither disk nor threads: what one unit of their work costs is the same every time.
#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace vestnik::bench {

// Does one unit of work. Throws std::runtime_error when the part does not do what it should: a figure of
// something that went wrong would be worth nothing.
using Work = std::move_only_function<void()>;

struct Part {
  std::string_view name;  // "registration"
  std::string_view unit;  // what is counted: "body", "request"
  Work (*prepare)();      // makes what the work needs; none of that is counted
};

// In the order a notification passes them.
std::span<const Part> parts();

// One for each Part, in the file that is named like it.
Work http_reader();
Work registration();
Work event_encode();
Work event_decode();
Work render_email();
Work plan_event();
Work notification_encode();
Work notification_decode();
Work mime();
Work smtp_transaction();
Work sms_segment();
Work gsm_packing();
Work submit_encode();
Work response_decode();

// The compiler has to make `value`.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

// Throws std::runtime_error that says `what` if `good` is false.
void require(bool good, const char* what);

}  // namespace vestnik::bench
