#include "analytics/tail.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analytics/stream_test_support.h"
#include "base/json.h"
#include "base/manual_scheduler.h"

namespace vestnik::analytics {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Query = std::vector<std::pair<std::string, std::string>>;

std::string id_of(int number) {
  const std::string digits = std::to_string(number);
  return "00000000-0000-8000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

class TailTest : public testing::Test {
 protected:
  TailTest() { tail_.add_routes(router_, net::ApiKeys()); }
  ~TailTest() override { tail_.stop(); }

  net::HttpResponse ask(Query query = {}) {
    std::promise<net::HttpResponse> answered;
    router_.handle({.method = "GET", .path = "/v1/tail", .query = std::move(query)},
                   net::Respond([&](net::HttpResponse r) { answered.set_value(std::move(r)); }));
    scheduler_.run();
    return answered.get_future().get();
  }
  // A listener that has had its first comment.
  StreamReader listen(Query query = {}) {
    StreamReader reader(ask(std::move(query)));
    reader.read();
    return reader;
  }

  store::Fact accepted(std::string id, std::string user = "u1") {
    return UserEvent{.event_id = {std::move(id)},
                     .event_type = "user_registered",
                     .user_id = {std::move(user)},
                     .email = "anna@example.org",
                     .accepted_at = time(0)};
  }
  store::Fact planned(int number, Channel channel = Channel::email, std::string user = "u1") {
    Notification n;
    n.id = {id_of(number)};
    n.event_id = {"e1"};
    n.event_type = "user_registered";
    n.user_id = {std::move(user)};
    n.channel = channel;
    n.template_version = "welcome@1";
    n.category = "marketing";
    n.to = "anna@example.org";
    n.accepted_at = time(0);
    n.planned_at = time(1);
    return n;
  }
  store::Fact step(int number, StepKind kind, int seconds = 2, std::string provider = "smtp") {
    return Step{.notification_id = {id_of(number)},
                .user_id = {"u1"},
                .event_id = {"e1"},
                .channel = Channel::email,
                .kind = kind,
                .attempt = 1,
                .provider = std::move(provider),
                .answer = "250 ok",
                .at = time(seconds)};
  }
  void apply(std::vector<store::Fact> facts) {
    tail_.applied(std::make_shared<const store::FactBatch>(std::move(facts)));
  }
  static Timestamp time(int seconds) {
    return from_unix_us(1'700'000'000'000'000) + std::chrono::seconds(seconds);
  }
  // "what id" of every event in `text`.
  static std::vector<std::string> ids(const std::string& text) {
    std::vector<std::string> found;
    for (std::size_t at = text.find("id: "); at != text.npos; at = text.find("id: ", at + 1))
      found.push_back(text.substr(at + 4, text.find('\n', at) - at - 4));
    return found;
  }

  ManualScheduler scheduler_;
  Metrics metrics_;
  Tail tail_{scheduler_, metrics_};
  net::Router router_;
};

TEST_F(TailTest, ShowsWhatIsAppliedInTheOrderOfItsTimes) {
  StreamReader reader = listen();
  apply({step(1, StepKind::sent, 3), accepted("e1"), step(1, StepKind::sending, 2), planned(1)});
  const std::string text = reader.read();
  EXPECT_THAT(ids(text),
              ElementsAre("e1", id_of(1) + "/0/planned", id_of(1) + "/1/sending", id_of(1) + "/1/sent"));
  EXPECT_THAT(
      text,
      HasSubstr("event: step\nid: e1\ndata: {\"at\":\"2023-11-14T22:13:20.000000Z\",\"what\":\"accepted\""));
  const std::size_t last = text.rfind("data: ") + 6;
  const auto data = parse_json_object(text.substr(last, text.size() - last - 2)).value();
  EXPECT_EQ(data.at("what"), "sent");
  EXPECT_EQ(data.at("notification_id").as_string(), id_of(1));
  EXPECT_EQ(data.at("user_id"), "u1");
  EXPECT_EQ(data.at("channel"), "email");
  EXPECT_EQ(data.at("event_type"), "user_registered");
  EXPECT_EQ(data.at("template"), "welcome@1");
  EXPECT_EQ(data.at("category"), "marketing");
  EXPECT_EQ(data.at("attempt"), 1);
  EXPECT_EQ(data.at("provider"), "smtp");
  EXPECT_EQ(data.at("answer"), "250 ok");
  EXPECT_FALSE(data.contains("sandbox"));
}

TEST_F(TailTest, WhoeverWaitsIsWoken) {
  StreamReader reader = listen();
  EXPECT_EQ(reader.read(), "");
  EXPECT_FALSE(reader.woken());
  apply({planned(1)});
  EXPECT_TRUE(reader.woken());
  EXPECT_THAT(ids(reader.read()), ElementsAre(id_of(1) + "/0/planned"));
}

TEST_F(TailTest, FiltersAreAllToHold) {
  const auto seen = [&](Query query) {
    StreamReader reader = listen(std::move(query));
    apply({accepted("e1"), accepted("e2", "u2"), planned(1), planned(2, Channel::sms, "u2"),
           step(1, StepKind::sending), step(1, StepKind::sent), step(3, StepKind::dead, 2, "backup")});
    return ids(reader.read());
  };
  EXPECT_THAT(seen({{"channel", "sms"}}), ElementsAre(id_of(2) + "/0/planned"));
  EXPECT_THAT(seen({{"what", "sent"}, {"what", "accepted"}}), ElementsAre("e1", "e2", id_of(1) + "/1/sent"));
  EXPECT_THAT(seen({{"provider", "backup"}}), ElementsAre(id_of(3) + "/1/dead"));
  EXPECT_THAT(seen({{"user_id", "u2"}}), ElementsAre("e2", id_of(2) + "/0/planned"));
  EXPECT_THAT(seen({{"notification_id", id_of(1)}, {"what", "planned"}}),
              ElementsAre(id_of(1) + "/0/planned"));
  EXPECT_THAT(seen({{"provider", "backup"}, {"channel", "sms"}}), IsEmpty());
}

TEST_F(TailTest, AWrongFilterIsNamed) {
  for (const auto& [name, value] :
       Query{{"channel", "fax"}, {"what", "eaten"}, {"who", "me"}, {"provider", ""}}) {
    const auto response = ask({{name, value}});
    EXPECT_EQ(response.status, 422) << name;
    EXPECT_THAT(response.body, HasSubstr("\"field\":\"" + name + "\""));
  }
}

TEST_F(TailTest, WhoeverIsTooSlowHearsHowMuchWasMissedAndThenGoesOn) {
  StreamReader reader = listen({{"what", "planned"}});
  constexpr int batches = 100, size = 1000;
  for (int b = 0; b < batches; ++b) {
    std::vector<store::Fact> facts;
    for (int i = 0; i < size; ++i) facts.push_back(planned(b * size + i));
    apply(std::move(facts));
  }
  const std::string text = reader.read();
  const std::size_t shown = ids(text).size();
  EXPECT_LT(shown, 20'000u) << "bounded";
  EXPECT_GE(shown, 4096u);
  const std::size_t missed = text.find("event: missed\ndata: {\"count\":");
  ASSERT_NE(missed, text.npos);
  EXPECT_EQ(std::stoul(text.substr(missed + 29)), batches * size - shown);
  EXPECT_GT(missed, text.rfind("id: ")) << "what was missed came after what was shown";
  apply({planned(1'000'000)});
  EXPECT_THAT(ids(reader.read()), ElementsAre(id_of(1'000'000) + "/0/planned"));
}

TEST_F(TailTest, WhatAFilterPassesOverIsNotMissed) {
  StreamReader reader = listen({{"what", "dead"}});
  for (int b = 0; b < 20; ++b) {
    std::vector<store::Fact> facts;
    for (int i = 0; i < 1000; ++i) facts.push_back(planned(b * 1000 + i));
    apply(std::move(facts));
  }
  EXPECT_EQ(reader.read(), "");
}

TEST_F(TailTest, ALongBatchIsWrittenInBoundedPieces) {
  auto response = ask();
  std::vector<store::Fact> facts;
  for (int i = 0; i < 4096; ++i) facts.push_back(planned(i));
  apply(std::move(facts));
  std::size_t pieces = 0, events = 0;
  for (bool more = true; more; ++pieces) {
    more = false;
    response.source->next([&](net::BodyPiece piece) {
      EXPECT_LT(piece.bytes.size(), 80u * 1024);
      events += ids(piece.bytes).size();
      more = true;
    });
  }
  EXPECT_EQ(events, 4096u);
  EXPECT_GT(pieces, 10u);
}

TEST_F(TailTest, ASilentStreamSaysThatItLives) {
  StreamReader reader = listen();
  scheduler_.advance(1s);
  reader.read();
  scheduler_.advance(16s);
  EXPECT_THAT(reader.read(), HasSubstr(": steps"));
}

TEST_F(TailTest, OneBeyondTheLimitIsToldSo) {
  std::vector<StreamReader> readers;
  for (std::size_t i = 0; i < Tail::listeners_max; ++i) readers.push_back(listen());
  EXPECT_EQ(ask().status, 503);
  readers.clear();
  EXPECT_EQ(ask().status, 200);
}

}  // namespace
}  // namespace vestnik::analytics
