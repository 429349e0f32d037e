#include "analytics/api.h"

#include <future>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/temporary_directory.h"
#include "sqlite/database.h"
#include "store/sqlite/store.h"

namespace vestnik::analytics {
namespace {

class ApiTest : public testing::Test {
 protected:
  ApiTest() { api_.add_routes(router_, net::ApiKeys(keys_)); }

  net::HttpResponse get(std::string path, std::vector<std::pair<std::string, std::string>> query = {},
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    std::promise<net::HttpResponse> answered;
    net::HttpRequest request{.method = "GET", .target = path, .path = path, .query = std::move(query)};
    request.headers = std::move(headers);
    router_.handle(std::move(request),
                   net::Respond([&](net::HttpResponse r) { answered.set_value(std::move(r)); }));
    return answered.get_future().get();
  }
  json::object get_json(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
    const net::HttpResponse response = get(std::move(path), std::move(query));
    EXPECT_EQ(response.status, 200);
    return parse_json_object(response.body).value();
  }

  void apply(std::vector<store::Fact> facts) {
    std::promise<bool> applied;
    store_.timeline().apply(std::make_shared<store::FactBatch>(std::move(facts)), system_clock().now(),
                            [&](auto result) { applied.set_value(result.has_value()); });
    ASSERT_TRUE(applied.get_future().get());
  }
  store::Fact planned(std::string id, std::string user) {
    Notification n;
    n.id = {std::move(id)};
    n.event_id = {"e1"};
    n.user_id = {std::move(user)};
    n.to = "anna@example.org";
    n.accepted_at = n.planned_at = system_clock().now();
    return n;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<sqlite::Database> database_ = sqlite::Database::open({.directory = directory_.path()});
  store::sqlite::SqliteStore store_{*database_, system_clock()};
  std::vector<std::string> keys_;
  Api api_{store_.timeline(), store_.sandbox(), system_clock()};
  net::Router router_;
};

TEST_F(ApiTest, ANotificationWithItsTimeline) {
  apply({planned("11111111-1111-8111-8111-111111111111", "u1")});
  const auto object = get_json("/v1/notifications/11111111-1111-8111-8111-111111111111");
  EXPECT_EQ(object.at("state").as_string(), "planned");
  EXPECT_EQ(object.at("timeline").as_array().size(), 2u);
  EXPECT_EQ(get("/v1/notifications/22222222-2222-8222-8222-222222222222").status, 404);
}

TEST_F(ApiTest, ListsEverybodysOrOneUsers) {
  apply({planned("11111111-1111-8111-8111-111111111111", "u1"),
         planned("22222222-2222-8222-8222-222222222222", "u2")});
  EXPECT_EQ(get_json("/v1/notifications").at("notifications").as_array().size(), 2u);
  EXPECT_EQ(get_json("/v1/notifications", {{"user_id", "u2"}}).at("notifications").as_array().size(), 1u);
  EXPECT_EQ(get_json("/v1/notifications", {{"limit", "1"}}).at("notifications").as_array().size(), 1u);
}

TEST_F(ApiTest, ABadLimitIsNamed) {
  for (const char* limit : {"", "0", "501", "-1", "many", "1x", "99999999999999999999"}) {
    const net::HttpResponse response = get("/v1/notifications", {{"limit", limit}});
    EXPECT_EQ(response.status, 422) << limit;
    EXPECT_NE(response.body.find("limit"), std::string::npos);
  }
}

TEST_F(ApiTest, ABadUserIdIsNamed) {
  EXPECT_EQ(get("/v1/notifications", {{"user_id", ""}}).status, 422);
  EXPECT_EQ(get("/v1/notifications", {{"user_id", std::string(201, 'u')}}).status, 422);
  EXPECT_EQ(get("/v1/notifications", {{"user_id", std::string(200, 'u')}}).status, 200);
}

TEST_F(ApiTest, StatisticsNameBothChannelsEvenWhenThereIsNothing) {
  const auto object = get_json("/v1/stats");
  EXPECT_EQ(object.at("events_accepted").as_int64(), 0);
  EXPECT_TRUE(object.at("channels").as_object().contains("email"));
  EXPECT_TRUE(object.at("channels").as_object().contains("sms"));
}

TEST_F(ApiTest, TheSandboxShowsWhatWasKept) {
  std::promise<bool> kept;
  store_.sandbox().keep({{.notification_id = {"n1"},
                          .to = "anna@example.org",
                          .subject = "Hi",
                          .text = "Hello",
                          .raw = "MIME"}},
                        [&](auto result) { kept.set_value(result.has_value()); });
  ASSERT_TRUE(kept.get_future().get());
  EXPECT_EQ(get_json("/v1/sandbox").at("messages").as_array().at(0).at("subject").as_string(), "Hi");
  EXPECT_EQ(get_json("/v1/sandbox/n1").at("raw").as_string(), "MIME");
  EXPECT_EQ(get("/v1/sandbox/n2").status, 404);
}

TEST_F(ApiTest, KeysAreAskedForWhereThereAreSome) {
  keys_ = {"0123456789abcdef0123456789abcdef"};
  router_ = {};
  api_.add_routes(router_, net::ApiKeys(keys_));
  EXPECT_EQ(get("/v1/stats").status, 401);
  EXPECT_EQ(get("/v1/stats", {}, {{"authorization", "Bearer 0123456789abcdef0123456789abcdef"}}).status, 200);
}

}  // namespace
}  // namespace vestnik::analytics
