#include "analytics/api.h"

#include <algorithm>
#include <future>
#include <gtest/gtest.h>
#include <set>

#include "analytics/notification_json.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/temporary_directory.h"
#include "sqlite/database.h"
#include "store/sqlite/store.h"

namespace vestnik::analytics {
namespace {

class ApiTest : public testing::Test {
 protected:
  ApiTest() { api_.add_routes(router_, net::ApiKeys(keys_)); }

  using Query = std::vector<std::pair<std::string, std::string>>;

  net::HttpResponse get(std::string path, Query query = {},
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    std::promise<net::HttpResponse> answered;
    net::HttpRequest request{.method = "GET", .target = path, .path = path, .query = std::move(query)};
    request.headers = std::move(headers);
    router_.handle(std::move(request),
                   net::Respond([&](net::HttpResponse r) { answered.set_value(std::move(r)); }));
    return answered.get_future().get();
  }
  json::object get_json(std::string path, Query query = {}) {
    const net::HttpResponse response = get(std::move(path), std::move(query));
    EXPECT_EQ(response.status, 200);
    return parse_json_object(response.body).value();
  }

  // What a streamed answer has, to its end.
  static std::string whole(net::HttpResponse response) {
    EXPECT_EQ(response.status, 200);
    std::string text;
    for (bool more = true; more;) {
      std::promise<net::BodyPiece> given;
      response.source->next([&](net::BodyPiece piece) { given.set_value(std::move(piece)); });
      const net::BodyPiece piece = given.get_future().get();
      EXPECT_NE(piece.kind, net::BodyPiece::Kind::broken);
      text += piece.bytes;
      more = piece.kind == net::BodyPiece::Kind::more;
    }
    return text;
  }

  void apply(std::vector<store::Fact> facts) {
    std::promise<bool> applied;
    store_.timeline().apply(std::make_shared<store::FactBatch>(std::move(facts)), system_clock().now(),
                            [&](auto result) { applied.set_value(result.has_value()); });
    ASSERT_TRUE(applied.get_future().get());
  }
  store::Fact planned(std::string id, std::string user, std::string to = "anna@example.org") {
    Notification n;
    n.id = {std::move(id)};
    n.event_id = {"e1"};
    n.user_id = {std::move(user)};
    n.to = std::move(to);
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

TEST_F(ApiTest, SearchesAndGoesOnWithTheCursor) {
  for (int i = 1; i <= 5; ++i)
    apply(
        {planned("1111111" + std::to_string(i) + "-1111-8111-8111-111111111111", "u1", "anna@example.org")});
  apply({planned("22222222-2222-8222-8222-222222222222", "u2", "boris@example.org")});
  std::set<std::string> found;
  std::string cursor;
  for (int pages = 0; pages < 10; ++pages) {
    Query query{{"recipient", "Anna@Example.org"}, {"state", "planned"}, {"state", "sent"}, {"limit", "2"}};
    if (!cursor.empty()) query.emplace_back("cursor", cursor);
    const auto page = get_json("/v1/notifications", query);
    for (const json::value& one : page.at("notifications").as_array()) {
      EXPECT_EQ(one.at("recipient"), "a•••@example.org");
      found.insert(std::string(one.at("notification_id").as_string()));
    }
    cursor = page.contains("next") ? std::string(page.at("next").as_string()) : "";
    if (cursor.empty()) break;
  }
  EXPECT_EQ(found.size(), 5u);
  EXPECT_EQ(cursor, "");
  EXPECT_EQ(get("/v1/notifications", {{"recipent", "anna@example.org"}}).status, 422);
}

TEST_F(ApiTest, ExportsEverythingThatIsFound) {
  std::vector<store::Fact> facts;
  for (int i = 0; i < 1200; ++i)
    facts.push_back(planned(uuid_v7(system_clock().now(), system_random()).text(), "u1", "anna@example.org"));
  apply(std::move(facts));
  apply({planned("22222222-2222-8222-8222-222222222222", "u2", "boris@example.org")});
  const std::string lines = whole(get("/v1/notifications/export", {{"user_id", "u1"}}));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1200);
  const auto first = parse_json_object(lines.substr(0, lines.find('\n'))).value();
  EXPECT_EQ(first.at("user_id"), "u1");

  auto response = get("/v1/notifications/export", {{"user_id", "u2"}, {"format", "csv"}});
  EXPECT_EQ(response.content_type, "text/csv; charset=utf-8");
  const std::string table = whole(std::move(response));
  EXPECT_TRUE(table.starts_with("notification_id,user_id,event_id,")) << table;
  EXPECT_NE(table.find("\r\n22222222-2222-8222-8222-222222222222,u2,e1,"), table.npos) << table;
  EXPECT_NE(table.find(",b•••@example.org,planned,false,0,,,"), table.npos) << table;
  EXPECT_TRUE(table.ends_with("Z\r\n")) << table;
  EXPECT_EQ(get("/v1/notifications/export", {{"format", "xml"}}).status, 422);
}

TEST_F(ApiTest, StatisticsOfARangeInGroups) {
  apply({planned("11111111-1111-8111-8111-111111111111", "u1")});
  EXPECT_FALSE(get_json("/v1/stats").contains("range"));
  const auto range =
      get_json("/v1/stats", {{"group_by", "channel"}, {"step", "hour"}}).at("range").as_object();
  EXPECT_EQ(range.at("step"), "hour");
  EXPECT_EQ(range.at("group_by"), "channel");
  const std::size_t points = range.at("times").as_array().size();
  EXPECT_EQ(points, 2u) << "the last hour touches two";
  EXPECT_EQ(range.at("accepted").as_array().size(), points);
  const auto& groups = range.at("groups").as_array();
  ASSERT_EQ(groups.size(), 1u) << range;
  EXPECT_EQ(groups[0].at("name"), "email");
  EXPECT_EQ(groups[0].at("totals").at("planned"), 1);
  EXPECT_EQ(groups[0].at("series").at("planned").as_array().size(), points);
  EXPECT_EQ(groups[0].at("latency_ms").at("accepted_to_planned").at("count"), 1) << range;
  EXPECT_EQ(get("/v1/stats", {{"step", "week"}}).status, 422);
}

TEST(Csv, QuotesWhatNeedsItAndDisarmsFormulas) {
  store::NotificationView view{.id = {"n1"}, .user_id = {"=1+1"}, .event_type = "a,\"b\""};
  view.recipient = "+7•••••4567";
  view.provider = "two\nlines";
  std::string line;
  append_csv(line, view);
  EXPECT_TRUE(line.starts_with("n1,\"'=1+1\",,\"a,\"\"b\"\"\",email,,,+7•••••4567,")) << line;
  EXPECT_NE(line.find(",\"two\nlines\","), line.npos) << line;
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

TEST_F(ApiTest, AKeptSmsIsShownAsItsParts) {
  std::promise<bool> kept;
  store_.sandbox().keep({{.notification_id = {"n1"}, .channel = Channel::sms, .text = std::string(160, 'x')},
                         {.notification_id = {"n2"}, .channel = Channel::sms, .text = std::string(161, 'x')},
                         {.notification_id = {"n3"}, .channel = Channel::sms, .text = "Привет"}},
                        [&](auto result) { kept.set_value(result.has_value()); });
  ASSERT_TRUE(kept.get_future().get());
  const auto sms = [&](const char* id) { return json::serialize(get_json(id).at("sms")); };
  EXPECT_EQ(sms("/v1/sandbox/n1"), R"({"encoding":"gsm7","parts":[")" + std::string(160, 'x') + "\"]}");
  EXPECT_EQ(sms("/v1/sandbox/n2"),
            R"({"encoding":"gsm7","parts":[")" + std::string(153, 'x') + R"(","xxxxxxxx"]})");
  EXPECT_EQ(sms("/v1/sandbox/n3"), R"({"encoding":"ucs2","parts":["Привет"]})");
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
