#include "users/user_service.h"

#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "model/event.h"
#include "trace/testing.h"

namespace vestnik::users {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Time that the test moves; what is due runs in advance().
class ManualScheduler final : public Scheduler, public Clock {
 public:
  void post(Task task) override { posted_.push_back(std::move(task)); }
  const Clock& clock() const override { return *this; }
  Timestamp now() const override { return from_unix_ms(1'795'443'426'000) + elapsed_; }
  SteadyTime steady_now() const override { return SteadyTime(elapsed_); }
  std::unique_ptr<Timer> after(std::chrono::microseconds delay, Task task) override {
    timers_.push_back(std::make_shared<Entry>(Entry{elapsed_ + delay, std::move(task)}));
    return std::make_unique<Handle>(timers_.back());
  }
  void advance(std::chrono::microseconds by) {
    for (const auto end = elapsed_ + by; elapsed_ < end; elapsed_ += 10ms) run_due();
    run_due();
  }

 private:
  struct Entry {
    std::chrono::microseconds due;
    Task task;
  };
  struct Handle final : Timer {
    explicit Handle(std::shared_ptr<Entry> e) : entry(std::move(e)) {}
    ~Handle() override { entry->task = nullptr; }
    std::shared_ptr<Entry> entry;
  };
  void run_due() {
    while (!posted_.empty()) {
      Task task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
    const auto timers = timers_;
    for (const auto& timer : timers)
      if (timer->due <= elapsed_ && timer->task) std::exchange(timer->task, nullptr)();
    std::erase_if(timers_, [](const auto& timer) { return !timer->task; });
  }

  std::chrono::microseconds elapsed_{0};
  std::deque<Task> posted_;
  std::vector<std::shared_ptr<Entry>> timers_;
};

// Does what the test tells it: answers at once, or keeps the callback.
class ScriptedUsers final : public store::Users {
 public:
  void register_user(store::User user, std::string email_key,
                     store::Done<store::Registration> done) override {
    users.push_back(user);
    email_keys.push_back(std::move(email_key));
    if (!answer) {
      waiting.push_back(std::move(done));
      return;
    }
    auto result = *answer;
    if (result && result->kind == store::Registration::Kind::created) result->user = user;
    if (result) result->number = static_cast<std::int64_t>(users.size());
    done(std::move(result));
  }
  void event_is_durable(std::int64_t number) override { durable.push_back(number); }

  std::optional<Result<store::Registration, store::Error>> answer = store::Registration{};
  std::vector<store::User> users;
  std::vector<std::string> email_keys;
  std::vector<std::int64_t> durable;
  std::vector<store::Done<store::Registration>> waiting;
};

class ScriptedLog final : public log::Log {
 public:
  void append(std::string_view topic, std::vector<Record> batch, log::AppendDone done) override {
    topics.emplace_back(topic);
    for (Record& record : batch) records.push_back(std::move(record));
    if (answer)
      done(*answer);
    else
      waiting.push_back(std::move(done));
  }
  std::unique_ptr<log::Subscription> subscribe(log::SubscribeOptions, log::Consumer&, Executor&) override {
    return nullptr;
  }
  Health health() const override { return {}; }
  std::vector<log::GroupLag> lag() const override { return {}; }

  std::optional<Result<void, log::Error>> answer = Result<void, log::Error>();
  std::vector<std::string> topics;
  std::vector<Record> records;
  std::vector<log::AppendDone> waiting;
};

class UserServiceTest : public ::testing::Test {
 protected:
  using Answer = std::shared_ptr<std::optional<net::HttpResponse>>;

  Answer ask(std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto answer = std::make_shared<std::optional<net::HttpResponse>>();
    net::HttpRequest request;
    request.method = "POST";
    request.path = "/register";
    request.headers = std::move(headers);
    request.body = std::move(body);
    service->register_user(std::move(request), net::Respond([answer](net::HttpResponse response) {
                             *answer = std::move(response);
                           }));
    return answer;
  }
  int status_of(const Answer& answer) { return *answer ? (*answer)->status : 0; }
  void make_service(UserServiceOptions options = {}, trace::Tracer tracer = {}) {
    service =
        std::make_unique<UserService>(options, gate, users, log, scheduler, system_random(), metrics, tracer);
  }
  std::string appended_traceparent() { return decode_user_event(log.records.at(0)).value().traceparent; }
  UserServiceTest() { make_service(); }

  double refused(const std::string& reason) {
    for (const auto& family : metrics.collect())
      for (const auto& metric : family.metric)
        if (family.name == "vestnik_intake_refused_total" && metric.label.at(0).value == reason)
          return metric.counter.value;
    return -1;
  }

  static constexpr const char* anna = R"({"email":"Anna@Example.org","phone":"+79161234567","name":"Anna"})";

  Metrics metrics;
  ManualScheduler scheduler;
  trace::KeepingSink spans;
  IntakeGate gate;
  ScriptedUsers users;
  ScriptedLog log;
  std::unique_ptr<UserService> service;
};

TEST_F(UserServiceTest, ARegistrationBecomesAnEventAndThenAnAnswer) {
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  log.answer.reset();
  const Answer answer = ask(anna, {{"content-type", "application/json"}, {"traceparent", traceparent}});
  EXPECT_FALSE(*answer) << "the event is not durable yet";
  ASSERT_EQ(log.records.size(), 1U);
  EXPECT_EQ(log.topics[0], "user-events");
  log.waiting[0]({});

  const std::string id = users.users[0].id.value;
  EXPECT_THAT(id, StartsWith("user_"));
  EXPECT_TRUE(Uuid::parse(id.substr(5)));
  ASSERT_EQ(status_of(answer), 200);
  EXPECT_EQ((*answer)->body, R"({"status":"success","user_id":")" + id + R"("})");
  EXPECT_EQ((*answer)->content_type, "application/json");
  EXPECT_THAT(users.durable, ElementsAre(1));
  EXPECT_EQ(users.email_keys[0], "anna@example.org");

  const UserEvent event = decode_user_event(log.records[0]).value();
  EXPECT_EQ(event.event_id, registration_id({id}));
  EXPECT_EQ(event.event_type, "user_registered");
  EXPECT_EQ(event.user_id.value, id);
  EXPECT_EQ(event.email, "Anna@example.org");
  EXPECT_EQ(event.phone, "+79161234567");
  EXPECT_EQ(event.data, (json::object{{"name", "Anna"}}));
  EXPECT_EQ(event.accepted_at, users.users[0].registered_at);
  EXPECT_EQ(event.traceparent, traceparent);
}

TEST_F(UserServiceTest, ATraceThatBeginsHereIsRecordedByNobody) {
  ASSERT_EQ(status_of(ask(anna, {{"traceparent", "nonsense"}})), 200);
  const auto context = trace::parse_traceparent(appended_traceparent());
  ASSERT_TRUE(context);
  EXPECT_FALSE(context->sampled);
}

TEST_F(UserServiceTest, TheRecordContinuesTheSpanThatWritesIt) {
  make_service({}, {spans, {}, system_random(), scheduler});
  log.answer.reset();
  ask(anna, {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
  scheduler.advance(30ms);
  log.waiting.at(0)({});
  ASSERT_EQ(spans.spans.size(), 1U);
  const trace::EndedSpan& append = spans.spans[0];
  EXPECT_EQ(append.name, "append user-events");
  EXPECT_EQ(trace::span_id_text(append.parent_id), "b7ad6b7169203331");
  EXPECT_EQ(append.end - append.begin, 30ms);
  EXPECT_FALSE(append.failed);
  EXPECT_EQ(appended_traceparent(), append.context.traceparent());
}

TEST_F(UserServiceTest, AnAppendThatIsRefusedSaysSoAndOneThatIsNotNeededIsNone) {
  make_service({}, {spans, {}, system_random(), scheduler});
  log.answer = fail(log::ErrorKind::unavailable, "away");
  EXPECT_EQ(status_of(ask(anna)), 503);
  ASSERT_EQ(spans.spans.size(), 1U);
  EXPECT_TRUE(spans.spans[0].failed);
  users.answer = store::Registration{.kind = store::Registration::Kind::known, .event_durable = true};
  EXPECT_EQ(status_of(ask(anna)), 200);
  EXPECT_EQ(spans.spans.size(), 1U);
}

TEST_F(UserServiceTest, TheOldRequestWorksUnchanged) {
  EXPECT_EQ(status_of(ask(anna, {{"content-type", "application/x-www-form-urlencoded"}})), 200);
  EXPECT_EQ(status_of(ask(anna)), 200);
  EXPECT_EQ(status_of(ask(anna, {{"content-type", "text/plain"}})), 415);
  EXPECT_EQ(status_of(ask(anna, {{"content-encoding", "gzip"}})), 415);
}

TEST_F(UserServiceTest, AKnownUserWhoseEventIsDurableGetsTheSameIdAndNothingNew) {
  users.answer = store::Registration{store::Registration::Kind::known, {.id = {"user_1"}}, true};
  const Answer answer = ask(anna);
  EXPECT_EQ((*answer)->body, R"({"status":"success","user_id":"user_1"})");
  EXPECT_TRUE(log.records.empty());
}

TEST_F(UserServiceTest, AKnownUserWhoseEventMayBeLostIsToldAgainAsTheSameEvent) {
  store::User stored{.id = {"user_1"}, .email = "anna@example.org", .registered_at = from_unix_ms(1'000)};
  users.answer = store::Registration{store::Registration::Kind::known, stored, false};
  EXPECT_EQ(status_of(ask(anna)), 200);
  EXPECT_EQ(status_of(ask(anna)), 200);
  const UserEvent first = decode_user_event(log.records.at(0)).value();
  const UserEvent second = decode_user_event(log.records.at(1)).value();
  EXPECT_EQ(first.event_id, second.event_id);
  EXPECT_EQ(first.accepted_at, stored.registered_at);
  EXPECT_EQ(log.records[0].value, log.records[1].value);
  EXPECT_EQ(first.phone, "");  // what was stored, not what came now
}

TEST_F(UserServiceTest, AConflictIs409) {
  users.answer = store::Registration{store::Registration::Kind::conflict, {.id = {"user_1"}}, true};
  const Answer answer = ask(anna);
  EXPECT_EQ(status_of(answer), 409);
  EXPECT_EQ((*answer)->body.find("user_1"), std::string::npos);
  EXPECT_TRUE(log.records.empty());
}

TEST_F(UserServiceTest, BadInputNeverReachesTheStore) {
  EXPECT_EQ(status_of(ask("email=a@b.org")), 400);
  EXPECT_EQ(status_of(ask("{}")), 422);
  const Answer answer = ask(R"({"email":"nobody"})");
  EXPECT_EQ(status_of(answer), 422);
  EXPECT_THAT((*answer)->body, HasSubstr(R"("field":"email")"));
  EXPECT_TRUE(users.users.empty());
}

TEST_F(UserServiceTest, AStoreOrLogThatRefusesIs503AndNeverSuccess) {
  for (auto kind : {store::ErrorKind::unavailable, store::ErrorKind::closed}) {
    users.answer = fail(kind, "no");
    const Answer answer = ask(anna);
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ((*answer)->headers.at(0).first, "Retry-After");
  }
  users.answer = store::Registration{};
  for (auto kind : {log::ErrorKind::unavailable, log::ErrorKind::closed}) {
    log.answer = fail(kind, "no");
    EXPECT_EQ(status_of(ask(anna)), 503);
  }
  log.answer = fail(log::ErrorKind::too_large, "no");
  EXPECT_EQ(status_of(ask(anna)), 413);
  EXPECT_TRUE(users.durable.empty());
}

TEST_F(UserServiceTest, AFullQueueOfStoreOrLogIs429) {
  users.answer = fail(store::ErrorKind::overloaded, "no");
  Answer answer = ask(anna);
  EXPECT_EQ(status_of(answer), 429);
  EXPECT_EQ((*answer)->headers.at(0), std::pair(std::string("Retry-After"), std::string("1")));
  EXPECT_THAT((*answer)->body, HasSubstr("/problems/overload"));
  EXPECT_EQ(refused("store"), 1);
  users.answer = store::Registration{};
  log.answer = fail(log::ErrorKind::overloaded, "no");
  EXPECT_EQ(status_of(ask(anna)), 429);
  EXPECT_EQ(refused("log"), 1);
  EXPECT_TRUE(users.durable.empty());
}

TEST_F(UserServiceTest, AClosedGateIs503AndNothingIsBegun) {
  const struct {
    IntakeStop stop;
    const char* type;
    const char* reason;
  } cases[] = {{IntakeStop::disk, "/problems/disk-nearly-full", "disk"},
               {IntakeStop::lag, "/problems/backlog", "lag"}};
  for (const auto& c : cases) {
    gate.close(c.stop, "The reason.");
    const Answer answer = ask(anna);
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ((*answer)->headers.at(0), std::pair(std::string("Retry-After"), std::string("5")));
    EXPECT_THAT((*answer)->body, HasSubstr(c.type));
    EXPECT_THAT((*answer)->body, HasSubstr("The reason."));
    EXPECT_EQ(refused(c.reason), 1);
    EXPECT_FALSE(service->health().well);
    EXPECT_THAT(service->health().detail, StartsWith("The reason. 0 of at most 10000 requests"));
    gate.open(c.stop);
    EXPECT_TRUE(service->health().well);
  }
  EXPECT_TRUE(users.users.empty());
  EXPECT_EQ(status_of(ask(anna)), 200);
}

TEST_F(UserServiceTest, SilenceOfTheLogIs503WithinTwoSeconds) {
  log.answer.reset();
  const Answer answer = ask(anna);
  scheduler.advance(1700ms);
  EXPECT_FALSE(*answer);
  scheduler.advance(250ms);
  EXPECT_EQ(status_of(answer), 503);
  // It was durable after all: remembered, but answered only once.
  log.waiting[0]({});
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(users.durable.size(), 1U);
  // The guard starts again after a quiet time.
  scheduler.advance(1s);
  const Answer next = ask(anna);
  scheduler.advance(1950ms);
  EXPECT_EQ(status_of(next), 503);
}

TEST_F(UserServiceTest, SilenceOfTheStoreIs503AndBeginsNothingLater) {
  users.answer.reset();
  const Answer answer = ask(anna);
  scheduler.advance(1950ms);
  EXPECT_EQ(status_of(answer), 503);
  users.waiting[0](store::Registration{store::Registration::Kind::created, users.users[0], false});
  EXPECT_TRUE(log.records.empty());
}

TEST_F(UserServiceTest, ACallbackThatIsDroppedIs503) {
  log.answer.reset();
  const Answer answer = ask(anna);
  log.waiting.clear();
  EXPECT_EQ(status_of(answer), 503);
}

TEST_F(UserServiceTest, TooManyInFlightIs429UntilSomeAreDone) {
  make_service({.in_flight_max = 2});
  log.answer.reset();
  ask(anna);
  ask(anna);
  const Answer refused_one = ask(anna);
  EXPECT_EQ(status_of(refused_one), 429);
  EXPECT_EQ((*refused_one)->headers.at(0).first, "Retry-After");
  EXPECT_EQ(refused("in_flight"), 1);
  EXPECT_FALSE(service->health().well);
  EXPECT_THAT(service->health().detail, StartsWith("2 of at most 2 requests"));
  // Answered by the deadline, they still take memory.
  scheduler.advance(2s);
  EXPECT_EQ(status_of(ask(anna)), 429);
  log.waiting.clear();
  log.answer = Result<void, log::Error>();
  EXPECT_EQ(status_of(ask(anna)), 200);
}

TEST_F(UserServiceTest, ItsRouteIsBehindTheKeys) {
  const std::vector<std::string> keys{"0123456789abcdef"};
  net::Router router;
  service->add_routes(router, net::ApiKeys(keys));
  for (const auto& [key, status] : {std::pair("0123456789abcdef", 200), std::pair("0123456789abcdee", 401)}) {
    std::optional<net::HttpResponse> answer;
    net::HttpRequest request{.method = "POST", .target = "/register", .path = "/register"};
    request.headers = {{"x-api-key", key}};
    request.body = anna;
    router.handle(std::move(request),
                  net::Respond([&answer](net::HttpResponse response) { answer = std::move(response); }));
    EXPECT_EQ(answer->status, status);
  }
}

TEST_F(UserServiceTest, AnUnknownRegionIsAConfigurationError) {
  EXPECT_THROW(make_service({.default_region = "XX"}), std::invalid_argument);
}

}  // namespace
}  // namespace vestnik::users
