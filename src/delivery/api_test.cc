#include "delivery/api.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/temporary_directory.h"
#include "sqlite/database.h"
#include "store/sqlite/store.h"
#include "store/test_support.h"

namespace vestnik::delivery {
namespace {

using store::DeliveryState;
using testing::ElementsAre;
using testing::IsEmpty;
using Query = std::vector<std::pair<std::string, std::string>>;

class ApiTest : public testing::Test {
 protected:
  ApiTest() { api_.add_routes(router_, net::ApiKeys()); }

  net::HttpResponse ask(net::HttpRequest request) {
    std::promise<net::HttpResponse> answered;
    router_.handle(std::move(request),
                   net::Respond([&](net::HttpResponse r) { answered.set_value(std::move(r)); }));
    return answered.get_future().get();
  }
  net::HttpResponse get(const std::string& path, Query query = {}) {
    return ask({.method = "GET", .path = path, .query = std::move(query)});
  }
  net::HttpResponse post(const std::string& path, const std::string& body = "") {
    return ask({.method = "POST", .path = path, .body = body});
  }
  static json::object object(const net::HttpResponse& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return parse_json_object(response.body).value();
  }
  static json::object problem(const net::HttpResponse& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    return parse_json_object(response.body).value();
  }
  static std::string bad_field(const net::HttpResponse& response) {
    return std::string(string_member(problem(response, 422), "field").value_or(""));
  }
  std::vector<std::string> ids(const Query& query) {
    std::vector<std::string> found;
    const json::object page = object(get("/v1/deliveries", query));
    for (const json::value& delivery : page.at("deliveries").as_array())
      found.emplace_back(delivery.at("notification_id").as_string());
    return found;
  }

  // One notification in this state; its first attempt was answered `answer`.
  Notification put(int n, DeliveryState state, const std::string& answer = "550 no such user",
                   Channel channel = Channel::email, const std::string& category = "transactional") {
    Notification notification = store::a_notification(n, channel);
    notification.category = category;
    store::admitted(ledger(), {{notification, store::owner_now}});
    if (state == DeliveryState::pending) return notification;
    store::begun(ledger(), {store::start(notification, 1)});
    const StepKind kind = state == DeliveryState::in_doubt ? StepKind::in_doubt
                          : state == DeliveryState::sent   ? StepKind::sent
                                                           : StepKind::dead;
    store::Transition transition = store::transition(notification, 1, state, kind);
    transition.step.answer = answer;
    EXPECT_THAT(store::recorded(ledger(), {transition}).applied, ElementsAre(true));
    return notification;
  }
  DeliveryState state_of(const Notification& n) { return store::found(ledger(), n.id)->state; }
  std::vector<Step> steps() { return store::untold(ledger()); }
  store::Ledger& ledger() { return store_.ledger(); }

  TemporaryDirectory directory_;
  std::unique_ptr<sqlite::Database> database_ = sqlite::Database::open({.directory = directory_.path()});
  store::sqlite::SqliteStore store_{*database_, system_clock()};
  std::mutex mutex_;
  std::vector<Channel> nudged_;
  Api api_{ledger(), system_clock(), [this](Channel channel) {
             std::lock_guard lock(mutex_);
             nudged_.push_back(channel);
           }};
  net::Router router_;
};

TEST_F(ApiTest, ListsDeadAndInDoubtUnlessAskedOtherwise) {
  const auto dead = put(1, DeliveryState::dead), doubt = put(2, DeliveryState::in_doubt),
             sent = put(3, DeliveryState::sent), pending = put(4, DeliveryState::pending);
  EXPECT_THAT(ids({}), ElementsAre(doubt.id.value, dead.id.value));
  EXPECT_THAT(ids({{"state", "in_doubt"}}), ElementsAre(doubt.id.value));
  EXPECT_THAT(ids({{"state", "pending,sent"}}), ElementsAre(pending.id.value, sent.id.value));
}

TEST_F(ApiTest, ShowsWhyWithoutTheRecipient) {
  const auto dead = put(1, DeliveryState::dead);
  const std::string body = get("/v1/deliveries").body;
  const json::object delivery = parse_json_object(body)->at("deliveries").at(0).as_object();
  EXPECT_EQ(delivery.at("state"), "dead");
  EXPECT_EQ(delivery.at("answer"), "550 no such user");
  EXPECT_EQ(delivery.at("attempt"), 1);
  EXPECT_EQ(delivery.at("provider"), "smtp");
  EXPECT_EQ(delivery.at("category"), "transactional");
  EXPECT_FALSE(delivery.contains("retried_after"));
  EXPECT_EQ(body.find("example.test"), std::string::npos);
}

TEST_F(ApiTest, FiltersByEachOfTheFields) {
  const auto first = put(1, DeliveryState::dead, "550 no such user");
  const auto second = put(2, DeliveryState::dead, "451 later", Channel::sms, "marketing");
  const std::string one = first.id.value, two = second.id.value;
  EXPECT_THAT(ids({{"channel", "sms"}}), ElementsAre(two));
  EXPECT_THAT(ids({{"category", "marketing"}}), ElementsAre(two));
  EXPECT_THAT(ids({{"user_id", first.user_id.value}}), ElementsAre(one));
  EXPECT_THAT(ids({{"answer", "such user"}}), ElementsAre(one));
  EXPECT_THAT(ids({{"provider", "smtp"}}), ElementsAre(two, one));
  EXPECT_THAT(ids({{"provider", "smpp"}}), IsEmpty());
  const std::string time = format_rfc3339(store::after(15));
  EXPECT_THAT(ids({{"updated_from", time}}), ElementsAre(two, one));
  EXPECT_THAT(ids({{"updated_before", time}}), IsEmpty());
}

TEST_F(ApiTest, PagesReachEachOnceThoughOthersAreAddedMeanwhile) {
  std::vector<std::string> expected;
  for (int n = 1; n <= 5; ++n) expected.insert(expected.begin(), put(n, DeliveryState::dead).id.value);
  std::vector<std::string> seen;
  Query query{{"limit", "2"}};
  for (;;) {
    const json::object page = object(get("/v1/deliveries", query));
    for (const json::value& delivery : page.at("deliveries").as_array())
      seen.emplace_back(delivery.at("notification_id").as_string());
    put(100 + static_cast<int>(seen.size()), DeliveryState::dead);
    if (!page.contains("next")) break;
    query = {{"limit", "2"}, {"cursor", std::string(page.at("next").as_string())}};
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(ApiTest, BadValuesAreNamed) {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"state", ""},       {"state", "dead,gone"}, {"state", "dead,"},
      {"channel", "fax"},  {"provider", ""},       {"category", std::string(201, 'c')},
      {"user_id", "\xff"}, {"answer", "a\nb"},     {"updated_from", "yesterday"},
      {"limit", "0"},      {"limit", "501"},       {"cursor", "0"},
      {"cursor", "-1"},    {"cursor", "0a"},       {"cursor", "ffffffffffffffff"},
      {"stat", "dead"}};
  for (const auto& [name, value] : bad)
    EXPECT_EQ(bad_field(get("/v1/deliveries", {{name, value}})), name) << name << "=" << value;
  EXPECT_EQ(bad_field(get("/v1/deliveries", {{"state", "dead"}, {"state", "sent"}})), "state");
}

TEST_F(ApiTest, OneIsShownInFullWhileItsContentIsKept) {
  const auto dead = put(1, DeliveryState::dead), sent = put(2, DeliveryState::sent);
  const json::object whole = object(get("/v1/deliveries/" + dead.id.value));
  EXPECT_EQ(whole.at("to"), "user1@example.test");
  EXPECT_EQ(whole.at("subject"), "Welcome");
  EXPECT_TRUE(whole.contains("text") && whole.contains("html"));
  EXPECT_FALSE(whole.contains("due_at"));
  const json::object emptied = object(get("/v1/deliveries/" + sent.id.value));
  EXPECT_FALSE(emptied.contains("to") || emptied.contains("text"));
}

TEST_F(ApiTest, WhatIsUnknownIsSaidSo) {
  const std::string unknown = store::a_notification(9).id.value;
  for (const std::string& id : {unknown, std::string("x"), std::string("\xff")}) {
    EXPECT_EQ(problem(get("/v1/deliveries/" + id), 404).at("type"), "/problems/unknown-delivery");
    EXPECT_EQ(problem(post("/v1/deliveries/" + id + "/retry"), 404).at("type"), "/problems/unknown-delivery");
  }
}

TEST_F(ApiTest, ARetriedOneIsPendingAndItsEngineIsNudged) {
  const auto dead = put(1, DeliveryState::dead);
  const json::object answer =
      object(post("/v1/deliveries/" + dead.id.value + "/retry", R"({"reason":"relay mended"})"));
  EXPECT_EQ(answer.at("state"), "pending");
  EXPECT_EQ(state_of(dead), DeliveryState::pending);
  EXPECT_THAT(nudged_, ElementsAre(Channel::email));
  EXPECT_EQ(steps().back().kind, StepKind::retried);
  EXPECT_EQ(steps().back().answer, "relay mended");
  const json::object shown = object(get("/v1/deliveries/" + dead.id.value));
  EXPECT_EQ(shown.at("retried_after"), 1);
  EXPECT_TRUE(shown.contains("due_at"));
}

TEST_F(ApiTest, WhatIsNotInAStateForItIsRefusedWithThatState) {
  const auto sent = put(1, DeliveryState::sent), dead = put(2, DeliveryState::dead);
  const json::object refused = problem(post("/v1/deliveries/" + sent.id.value + "/discard"), 409);
  EXPECT_EQ(refused.at("state"), "sent");
  object(post("/v1/deliveries/" + dead.id.value + "/retry"));
  EXPECT_EQ(problem(post("/v1/deliveries/" + dead.id.value + "/retry"), 409).at("state"), "pending");
  EXPECT_EQ(nudged_.size(), 1u);
}

TEST_F(ApiTest, InDoubtIsResolvedEachWay) {
  const std::vector<std::pair<std::string, DeliveryState>> ways{{"sent", DeliveryState::sent},
                                                                {"resend", DeliveryState::pending},
                                                                {"discarded", DeliveryState::discarded}};
  int n = 0;
  for (const auto& [as, state] : ways) {
    const auto doubt = put(++n, DeliveryState::in_doubt);
    object(post("/v1/deliveries/" + doubt.id.value + "/resolve", R"({"as":")" + as + R"("})"));
    EXPECT_EQ(state_of(doubt), state) << as;
  }
  const auto dead = put(++n, DeliveryState::dead);
  const std::string path = "/v1/deliveries/" + dead.id.value + "/resolve";
  EXPECT_EQ(problem(post(path, R"({"as":"discarded"})"), 409).at("state"), "dead");
  EXPECT_EQ(bad_field(post(path, R"({"as":"lost"})")), "as");
  EXPECT_EQ(bad_field(post(path)), "as");
}

TEST_F(ApiTest, BadBodiesAreNamed) {
  const std::string one = "/v1/deliveries/" + put(1, DeliveryState::dead).id.value + "/retry";
  EXPECT_EQ(problem(post(one, "["), 400).at("type"), "/problems/not-json");
  EXPECT_EQ(bad_field(post(one, R"({"reason":7})")), "reason");
  EXPECT_EQ(bad_field(post(one, R"({"reason":"a\nb"})")), "reason");
  EXPECT_EQ(bad_field(post(one, R"({"reason":")" + std::string(129, 'r') + R"("})")), "reason");
  EXPECT_EQ(bad_field(post(one, R"({"as":"sent"})")), "as");
  for (const auto& [body, field] :
       std::vector<std::pair<std::string, std::string>>{{"{}", "state"},
                                                        {R"({"state":[]})", "state"},
                                                        {R"({"state":"dead"})", "state"},
                                                        {R"({"state":["sent"]})", "state"},
                                                        {R"({"state":["dead"],"chanel":"email"})", "chanel"},
                                                        {R"({"state":["dead"],"limit":1001})", "limit"},
                                                        {R"({"state":["dead"],"limit":"1"})", "limit"},
                                                        {R"({"state":["dead"],"limit":1.5})", "limit"},
                                                        {R"({"state":["dead"],"limit":1e300})", "limit"},
                                                        {R"({"state":["dead"],"channel":null})", "channel"}})
    EXPECT_EQ(bad_field(post("/v1/deliveries/retry", body)), field) << body;
}

TEST_F(ApiTest, ManyAreRetriedInBoundedSteps) {
  std::vector<Notification> dead;
  for (int n = 1; n <= 5; ++n) dead.push_back(put(n, DeliveryState::dead, "451 later"));
  const auto other = put(6, DeliveryState::dead, "550 no"), doubt = put(7, DeliveryState::in_doubt, "451 ?");
  const std::string filter = R"({"state":["dead"],"answer":"451","reason":"mended","limit":2)";
  std::int64_t done = 0;
  std::string cursor;
  int calls = 0;
  do {
    const json::object answer = object(
        post("/v1/deliveries/retry", filter + (cursor.empty() ? "" : R"(,"cursor":")" + cursor + '"') + "}"));
    EXPECT_LE(answer.at("done").as_int64(), 2);
    EXPECT_THAT(answer.at("refused").as_array(), IsEmpty());
    done += answer.at("done").as_int64();
    cursor = string_member(answer, "next").value_or("");
    ASSERT_LT(++calls, 10);
  } while (!cursor.empty());
  EXPECT_EQ(done, 5);
  for (const Notification& n : dead) EXPECT_EQ(state_of(n), DeliveryState::pending);
  EXPECT_EQ(state_of(other), DeliveryState::dead);
  EXPECT_EQ(state_of(doubt), DeliveryState::in_doubt);
}

TEST_F(ApiTest, ManyAreDiscardedAndEachChannelIsNudgedOnce) {
  const auto email = put(1, DeliveryState::dead), sms = put(2, DeliveryState::in_doubt, "", Channel::sms);
  put(3, DeliveryState::dead);
  EXPECT_EQ(object(post("/v1/deliveries/discard", R"({"state":["dead","in_doubt"]})")).at("done"), 3);
  EXPECT_EQ(state_of(email), DeliveryState::discarded);
  EXPECT_EQ(state_of(sms), DeliveryState::discarded);
  EXPECT_THAT(nudged_, ElementsAre(Channel::email, Channel::sms));
}

TEST_F(ApiTest, KeysAreAskedForWhereThereAreSome) {
  const std::vector<std::string> keys{"0123456789abcdef0123456789abcdef"};
  router_ = {};
  api_.add_routes(router_, net::ApiKeys(keys));
  const std::string one = "/v1/deliveries/" + store::a_notification(1).id.value;
  EXPECT_EQ(get("/v1/deliveries").status, 401);
  EXPECT_EQ(get(one).status, 401);
  for (const char* what : {"/retry", "/discard", "/resolve"}) EXPECT_EQ(post(one + what).status, 401);
  for (const char* what : {"retry", "discard"})
    EXPECT_EQ(post(std::string("/v1/deliveries/") + what).status, 401);
}

}  // namespace
}  // namespace vestnik::delivery
